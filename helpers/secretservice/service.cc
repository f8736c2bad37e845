// SPDX-License-Identifier: Apache-2.0
#include "helpers/secretservice/service.h"

#include <glib.h>

#include <chrono>
#include <utility>

#include "helpers/secretservice/bus.h"
#include "helpers/secretservice/provider.h"
#include "helpers/secretservice/secret_session.h"
#include "helpers/secretservice/turn.h"

namespace keyberth {
namespace {

constexpr const char* kRoot = "/org/freedesktop/secrets";
constexpr const char* kService = "org.freedesktop.Secret.Service";
constexpr const char* kCollection = "org.freedesktop.Secret.Collection";
constexpr const char* kItem = "org.freedesktop.Secret.Item";
constexpr const char* kProperties = "org.freedesktop.DBus.Properties";

Variant take(GVariant* variant) { return Variant(g_variant_ref_sink(variant)); }

std::vector<std::string> paths_in(GVariant* reply, gsize index) {
  std::vector<std::string> paths;
  const Variant list(g_variant_get_child_value(reply, index));
  GVariantIter iterator;
  g_variant_iter_init(&iterator, list.get());
  for (const char* path = nullptr; g_variant_iter_next(&iterator, "&o", &path) != FALSE;) {
    paths.emplace_back(path);
  }
  return paths;
}

Attributes attributes_in(GVariant* variant) {
  Attributes attributes;
  if (g_variant_is_of_type(variant, G_VARIANT_TYPE("a{ss}")) == FALSE) {
    return attributes;
  }
  GVariantIter iterator;
  g_variant_iter_init(&iterator, variant);
  const char* name = nullptr;
  const char* value = nullptr;
  while (g_variant_iter_next(&iterator, "{&s&s}", &name, &value) != FALSE) {
    attributes.emplace(name, value);
  }
  return attributes;
}

Variant variant_of(const Attributes& attributes) {
  GVariantBuilder builder;
  g_variant_builder_init(&builder, G_VARIANT_TYPE("a{ss}"));
  for (const auto& [name, value] : attributes) {
    g_variant_builder_add(&builder, "{ss}", name.c_str(), value.c_str());
  }
  return take(g_variant_builder_end(&builder));
}

Variant properties(std::initializer_list<std::pair<std::string, Variant>> list) {
  GVariantBuilder builder;
  g_variant_builder_init(&builder, G_VARIANT_TYPE("a{sv}"));
  for (const auto& [name, value] : list) {
    g_variant_builder_add(&builder, "{sv}", name.c_str(), value.get());
  }
  return take(g_variant_builder_end(&builder));
}

/// The object path in a prompt's result, or in a reply's child.
std::optional<std::string> path_in(GVariant* variant) {
  const char* path =
      g_variant_is_of_type(variant, G_VARIANT_TYPE_OBJECT_PATH) != FALSE ? g_variant_get_string(variant, nullptr) : "/";
  return std::string_view(path) == "/" ? std::nullopt : std::optional<std::string>(path);
}

std::optional<std::string> path_at(GVariant* reply, gsize index) {
  const Variant child(g_variant_get_child_value(reply, index));
  return path_in(child.get());
}

/// Bus says not_found of an object that is not there. Where no object may be missing, that is a fault of the provider;
/// it must never be taken for "no such credential".
template <class T>
Result<T> required(Result<T> result) {
  if (!result && result.error().kind == ErrorKind::not_found) {
    result.error().kind = ErrorKind::internal;
  }
  return result;
}

Item item_in(std::string path, GVariant* reply) {
  Item item;
  item.path = std::move(path);
  const Variant all(g_variant_get_child_value(reply, 0));
  gboolean locked = FALSE;
  (void)g_variant_lookup(all.get(), "Locked", "b", &locked);
  item.locked = locked != FALSE;
  guint64 seconds = 0;
  item.created = g_variant_lookup(all.get(), "Created", "t", &seconds) != FALSE ? seconds : 0;
  item.modified = g_variant_lookup(all.get(), "Modified", "t", &seconds) != FALSE ? seconds : 0;
  if (const Variant attributes(g_variant_lookup_value(all.get(), "Attributes", G_VARIANT_TYPE("a{ss}"))); attributes) {
    item.attributes = attributes_in(attributes.get());
  }
  return item;
}

}  // namespace

SecretService::SecretService(Host& host, std::unique_ptr<Bus> bus) : host_(host), bus_(std::move(bus)) {}

SecretService::~SecretService() = default;

Result<std::unique_ptr<SecretService>> SecretService::connect(Host& host) {
  auto bus = Bus::connect(host, patience(host));
  if (!bus) {
    return pass_on(std::move(bus));
  }
  return connect(host, *std::move(bus));
}

Result<std::unique_ptr<SecretService>> SecretService::connect(Host& host, std::unique_ptr<Bus> bus) {
  KEYBERTH_TRY(bus->find_provider());
  return std::unique_ptr<SecretService>(new SecretService(host, std::move(bus)));
}

const std::string& SecretService::provider() { return bus_->provider(); }

std::string SecretService::unlock_hint() { return keyberth::unlock_hint(provider(), has_screen()); }

std::string SecretService::create_hint() { return keyberth::create_hint(provider(), has_screen()); }

bool SecretService::has_screen() const { return host_.env("DISPLAY") || host_.env("WAYLAND_DISPLAY"); }

Error SecretService::dismissed(const std::string& what) {
  return {ErrorKind::locked,
          capitalized(provider()) + " " + what +
              (has_screen() ? ": its dialog was dismissed" : ": its dialog was dismissed, or could not be shown"),
          unlock_hint()};
}

Result<Variant> SecretService::outcome(Result<Variant> reply, const std::string& refusal) {
  if (!reply) {
    return reply;
  }
  const auto prompt = path_at(reply->get(), g_variant_n_children(reply->get()) - 1);
  if (!prompt) {
    return Variant(g_variant_get_child_value(reply->get(), 0));
  }
  auto answer = bus_->perform(*prompt);
  if (!answer) {
    return pass_on(std::move(answer));
  }
  if (!answer->has_value()) {
    return tl::unexpected(dismissed(refusal));
  }
  return **std::move(answer);
}

Result<std::vector<std::vector<Found>>> SecretService::search(std::span<const Attributes> queries) {
  std::vector<Call> calls;
  for (const Attributes& query : queries) {
    calls.push_back(
        {kRoot, kService, "SearchItems", take(g_variant_new("(@a{ss})", variant_of(query).get())), "(aoao)"});
  }
  std::vector<std::vector<Found>> results;
  for (auto& answer : bus_->call_all(std::move(calls))) {
    const auto reply = required(std::move(answer));
    if (!reply) {
      return tl::unexpected(reply.error());
    }
    std::vector<Found>& found = results.emplace_back();
    for (std::string& path : paths_in(reply->get(), 0)) {
      found.push_back({std::move(path), false});
    }
    for (std::string& path : paths_in(reply->get(), 1)) {
      found.push_back({std::move(path), true});
    }
  }
  return results;
}

Result<std::vector<std::optional<Item>>> SecretService::describe(std::span<const std::string> paths) {
  std::vector<Call> calls;
  for (const std::string& path : paths) {
    calls.push_back({path, kProperties, "GetAll", take(g_variant_new("(s)", kItem)), "(a{sv})"});
  }
  std::vector<std::optional<Item>> items;
  for (const auto& reply : bus_->call_all(std::move(calls))) {
    if (reply) {
      items.emplace_back(item_in(paths[items.size()], reply->get()));
    } else if (reply.error().kind == ErrorKind::not_found) {
      items.emplace_back();
    } else {
      return tl::unexpected(reply.error());
    }
  }
  return items;
}

Result<std::vector<std::optional<Attributes>>> SecretService::attributes(std::span<const std::string> paths) {
  std::vector<Call> calls;
  for (const std::string& path : paths) {
    calls.push_back({path, kProperties, "Get", take(g_variant_new("(ss)", kItem, "Attributes")), "(v)"});
  }
  std::vector<std::optional<Attributes>> results;
  for (const auto& reply : bus_->call_all(std::move(calls))) {
    if (reply) {
      GVariant* value = nullptr;
      g_variant_get(reply->get(), "(v)", &value);
      const Variant owner(value);
      results.emplace_back(attributes_in(value));
    } else if (reply.error().kind == ErrorKind::not_found) {
      results.emplace_back();
    } else {
      return tl::unexpected(reply.error());
    }
  }
  return results;
}

Result<> SecretService::open_session() {
  if (session_ == nullptr) {
    auto session = required(SecretSession::open(host_, *bus_));
    if (!session) {
      return pass_on(std::move(session));
    }
    session_ = *std::move(session);
  }
  return {};
}

Result<bool> SecretService::encrypts() {
  KEYBERTH_TRY(open_session());
  return session_->encrypts();
}

Result<std::optional<Secret>> SecretService::secret(const std::string& item) {
  KEYBERTH_TRY(open_session());
  auto reply =
      bus_->call({item, kItem, "GetSecret", take(g_variant_new("(o)", session_->path().c_str())), "((oayays))"});
  if (!reply && reply.error().kind == ErrorKind::not_found) {
    return std::nullopt;
  }
  if (!reply) {
    return pass_on(std::move(reply));
  }
  const Variant encoded(g_variant_get_child_value(reply->get(), 0));
  auto secret = session_->decode(encoded.get());
  if (!secret) {
    return fail(ErrorKind::damaged, capitalized(provider()) + " sent a secret that cannot be decrypted",
                "Run the command again. If that does not help, log in to the registry again.");
  }
  return secret;
}

Result<std::optional<std::string>> SecretService::read_default_alias() {
  auto reply = required(bus_->call({kRoot, kService, "ReadAlias", take(g_variant_new("(s)", "default")), "(o)"}));
  if (!reply) {
    return pass_on(std::move(reply));
  }
  return path_at(reply->get(), 0);
}

Result<std::optional<std::string>> SecretService::default_collection() {
  constexpr int kTries = 5;
  constexpr std::chrono::milliseconds kPause(50);
  auto collection = read_default_alias();
  for (int i = 1; i < kTries && collection && !collection->has_value(); ++i) {
    host_.sleep_until(host_.now() + kPause);
    collection = read_default_alias();
  }
  return collection;
}

Result<std::string> SecretService::create_default_collection() {
  const Variant label =
      properties({{std::string(kCollection) + ".Label", take(g_variant_new_string("Default keyring"))}});
  auto created = outcome(required(bus_->call({kRoot, kService, "CreateCollection",
                                              take(g_variant_new("(@a{sv}s)", label.get(), "default")), "(oo)"})),
                         "has no default keyring yet, and none was made");
  if (!created) {
    if (created.error().kind == ErrorKind::locked) {
      created.error().hint = create_hint();
    }
    return pass_on(std::move(created));
  }
  auto path = path_in(created->get());
  if (!path) {
    return fail(ErrorKind::internal, capitalized(provider()) + " made a keyring and does not say where");
  }
  return *std::move(path);
}

Result<Variant> SecretService::property(const std::string& collection, const char* name) {
  auto reply =
      required(bus_->call({collection, kProperties, "Get", take(g_variant_new("(ss)", kCollection, name)), "(v)"}));
  if (!reply) {
    return reply;
  }
  GVariant* value = nullptr;
  g_variant_get(reply->get(), "(v)", &value);
  return Variant(value);
}

Result<bool> SecretService::is_locked(const std::string& collection) {
  return property(collection, "Locked").map([](const Variant& value) {
    return g_variant_is_of_type(value.get(), G_VARIANT_TYPE_BOOLEAN) != FALSE &&
           g_variant_get_boolean(value.get()) != FALSE;
  });
}

Result<bool> SecretService::is_closed(const std::string& collection) {
  Result<bool> locked = is_locked(collection);
  if (!locked || !*locked || provider() != kKWallet) {
    return locked;
  }
  const auto label = property(collection, "Label");
  if (!label || g_variant_is_of_type(label->get(), G_VARIANT_TYPE_STRING) == FALSE) {
    return locked;
  }
  for (const char* module : {"/modules/kwalletd5", "/modules/kwalletd6"}) {
    const auto reply = bus_->call({module, "org.kde.KWallet", "isOpen",
                                   take(g_variant_new("(s)", g_variant_get_string(label->get(), nullptr))), "(b)"});
    if (reply) {
      gboolean open = FALSE;
      g_variant_get(reply->get(), "(b)", &open);
      return open == FALSE;
    }
  }
  return locked;
}

Result<> SecretService::unlock(const std::string& path) {
  // One dialog is enough for parallel calls: the others wait here, and then find it unlocked.
  const auto turn = wait_for_turn(host_, "unlock");
  if (!turn) {
    return tl::unexpected(turn.error());
  }
  const char* const paths[] = {path.c_str()};
  auto reply = required(
      bus_->call({kRoot, kService, "Unlock", take(g_variant_new("(@ao)", g_variant_new_objv(paths, 1))), "(aoo)"}));
  return outcome(std::move(reply), "is locked").map([](const Variant&) {});
}

Result<std::optional<std::string>> SecretService::create_item(const std::string& collection, const std::string& label,
                                                              const Attributes& attributes, const Secret& secret) {
  KEYBERTH_TRY(open_session());
  const Variant item = properties({{std::string(kItem) + ".Label", take(g_variant_new_string(label.c_str()))},
                                   {std::string(kItem) + ".Attributes", variant_of(attributes)}});
  const Variant encoded = session_->encode(secret);
  const auto created = outcome(
      required(bus_->call({collection, kCollection, "CreateItem",
                           take(g_variant_new("(@a{sv}@(oayays)b)", item.get(), encoded.get(), TRUE)), "(oo)"})),
      "did not store the credential");
  if (!created) {
    return tl::unexpected(created.error());
  }
  return path_in(created->get());
}

Result<> SecretService::remove(const std::string& item) {
  auto reply = bus_->call({item, kItem, "Delete", nullptr, "(o)"});
  if (!reply && reply.error().kind == ErrorKind::not_found) {
    return {};
  }
  return outcome(std::move(reply), "did not delete the credential").map([](const Variant&) {});
}

}  // namespace keyberth
