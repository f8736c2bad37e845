// SPDX-License-Identifier: Apache-2.0
#include "helpers/secretservice/secret_session.h"

// Asks for the functions that encode and decode secrets; unchanged since libsecret 0.1.
#define SECRET_API_SUBJECT_TO_CHANGE  // NOLINT(cppcoreguidelines-macro-usage)
#include <libsecret/secret.h>

#include <utility>

namespace keyberth {
namespace {

constexpr const char* kContentType = "text/plain";

Variant take(GVariant* variant) { return Variant(g_variant_ref_sink(variant)); }

struct SecretValueUnref {
  void operator()(SecretValue* value) const noexcept { secret_value_unref(value); }
};
using SecretValuePtr = std::unique_ptr<SecretValue, SecretValueUnref>;

}  // namespace

struct SecretSession::Encryption {
  struct Unref {
    void operator()(void* object) const noexcept { g_object_unref(object); }
  };
  std::unique_ptr<::SecretService, Unref> service;
};

SecretSession::SecretSession() = default;

SecretSession::~SecretSession() = default;

bool SecretSession::encrypts() const { return encryption_ != nullptr; }

Result<std::unique_ptr<SecretSession>> SecretSession::open(Host& host, Bus& bus) {
  std::unique_ptr<SecretSession> session(new SecretSession);
  auto encryption = std::make_unique<Encryption>();
  auto opened = bus.run([&](GCancellable* cancellable, GAsyncReadyCallback ready,
                            void* data) { secret_service_get(SECRET_SERVICE_OPEN_SESSION, cancellable, ready, data); },
                        [&](GAsyncResult* result, GError** error) {
                          encryption->service.reset(secret_service_get_finish(result, error));
                        });
  if (opened) {
    session->path_ = secret_service_get_session_dbus_path(encryption->service.get());
    session->encryption_ = std::move(encryption);
    return session;
  }
  if (opened.error().kind == ErrorKind::timed_out || opened.error().kind == ErrorKind::unavailable) {
    return pass_on(std::move(opened));
  }
  // KWallet has the encryption in a plug-in that need not be installed. The bus is private to the user all the same.
  host.debug("secrets travel unencrypted on the session bus, because " + opened.error().message);
  auto reply = bus.call({"/org/freedesktop/secrets", "org.freedesktop.Secret.Service", "OpenSession",
                         take(g_variant_new("(sv)", "plain", g_variant_new_string(""))), "(vo)"});
  if (!reply) {
    return pass_on(std::move(reply));
  }
  const char* path = nullptr;
  g_variant_get_child(reply->get(), 1, "&o", &path);
  session->path_ = path;
  return session;
}

Variant SecretSession::encode(const Secret& secret) const {
  const auto bytes = secret.view();
  if (encrypts()) {
    // Copies into memory that libsecret locks and wipes.
    const SecretValuePtr value(
        secret_value_new(bytes.data() == nullptr ? "" : bytes.data(), static_cast<gssize>(bytes.size()), kContentType));
    return take(secret_service_encode_dbus_secret(encryption_->service.get(), value.get()));
  }
  GVariant* plain = g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, bytes.data(), bytes.size(), 1);
  return take(g_variant_new("(o@ay@ays)", path_.c_str(), g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, nullptr, 0, 1),
                            plain, kContentType));
}

std::optional<Secret> SecretSession::decode(GVariant* encoded) const {
  if (encrypts()) {
    const SecretValuePtr value(secret_service_decode_dbus_secret(encryption_->service.get(), encoded));
    if (value == nullptr) {
      return std::nullopt;
    }
    gsize size = 0;
    const char* bytes = secret_value_get(value.get(), &size);
    return Secret({bytes, size});
  }
  const Variant plain(g_variant_get_child_value(encoded, 2));
  gsize size = 0;
  const void* bytes = g_variant_get_fixed_array(plain.get(), &size, 1);
  return Secret({static_cast<const char*>(bytes), size});
}

}  // namespace keyberth
