// SPDX-License-Identifier: Apache-2.0
#include "helpers/secretservice/bus.h"

#include <gio/gio.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>

#include "common/files.h"
#include "common/protocol.h"
#include "helpers/secretservice/address.h"
#include "helpers/secretservice/provider.h"

namespace keyberth {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kConnect{3};   ///< for the bus itself, which does nothing but answer
constexpr seconds kQuiet{3};     ///< after this an unanswered call is looked into
constexpr seconds kMachine{10};  ///< for a program that does not even answer a ping, and for starting one
constexpr seconds kLookup{2};    ///< for questions to the bus on the side
constexpr std::size_t kInFlight = 64;
constexpr int kTries = 5;
constexpr milliseconds kPause{20};

constexpr const char* kSecrets = "org.freedesktop.secrets";
constexpr std::string_view kRoot = "/org/freedesktop/secrets";
constexpr const char* kBus = "org.freedesktop.DBus";
constexpr const char* kPrompt = "org.freedesktop.Secret.Prompt";

struct ErrorFree {
  void operator()(GError* error) const noexcept { g_error_free(error); }
};
using ErrorPtr = std::unique_ptr<GError, ErrorFree>;

Variant take(GVariant* variant) { return Variant(variant == nullptr ? nullptr : g_variant_ref_sink(variant)); }

/// Libraries must not write on standard error, which belongs to the user.
GLogWriterOutput drop_log(GLogLevelFlags /*level*/, const GLogField* /*fields*/, gsize /*count*/, gpointer /*data*/) {
  return G_LOG_WRITER_HANDLED;
}

/// Once in a process: GLib ends it when it is told a second time.
void be_quiet() {
  [[maybe_unused]] static const bool quiet = [] {
    g_log_set_writer_func(drop_log, nullptr, nullptr);
    return true;
  }();
}

std::string text_of(const GError& error) {
  GError* copy = g_error_copy(&error);
  const ErrorPtr owner(copy);
  g_dbus_error_strip_remote_error(copy);
  return printable(copy->message);
}

std::string remote_name(const GError& error) {
  char* name = g_dbus_error_get_remote_error(&error);
  std::string result = name == nullptr ? "" : name;
  g_free(name);
  return result;
}

/// What a signal subscription leaves in its wait.
struct Prompted {
  Variant completed;
  bool vanished = false;
};

void on_completed(GDBusConnection* /*connection*/, const char* /*sender*/, const char* /*path*/,
                  const char* /*interface*/, const char* /*signal*/, GVariant* parameters, gpointer data) {
  if (g_variant_is_of_type(parameters, G_VARIANT_TYPE("(bv)")) != FALSE) {
    static_cast<Prompted*>(data)->completed = Variant(g_variant_ref(parameters));
  }
}

void on_owner_changed(GDBusConnection* /*connection*/, const char* /*sender*/, const char* /*path*/,
                      const char* /*interface*/, const char* /*signal*/, GVariant* /*parameters*/, gpointer data) {
  static_cast<Prompted*>(data)->vanished = true;
}

}  // namespace

/// A call under way. Shared with the callback, which may come after everybody else has given up.
struct Bus::Pending {
  std::unique_ptr<GAsyncResult, Unref> result;

  static void ready(GObject* /*source*/, GAsyncResult* result, void* data) {
    const std::unique_ptr<PendingPtr> self(static_cast<PendingPtr*>(data));
    (*self)->result.reset(G_ASYNC_RESULT(g_object_ref(result)));
  }
};

void VariantUnref::operator()(GVariant* variant) const noexcept { g_variant_unref(variant); }

void Bus::Unref::operator()(void* object) const noexcept { g_object_unref(object); }

Bus::~Bus() {
  g_cancellable_cancel(cancellable_.get());
  while (g_main_context_iteration(nullptr, FALSE) != FALSE) {
  }
}

Result<std::unique_ptr<Bus>> Bus::connect(Host& host, seconds patience) {
  be_quiet();
  std::unique_ptr<Bus> bus(new Bus(host, patience));
  bus->cancellable_.reset(g_cancellable_new());
  KEYBERTH_TRY(bus->open());
  return bus;
}

Result<> Bus::open() {
  const auto address = session_bus_address(host_);
  if (!address) {
    return tl::unexpected(address.error());
  }
  const std::string place = printable(address->substr(0, address->find(",guid=")));
  host_.debug("session bus at " + place);
  if (g_dbus_is_supported_address(address->c_str(), nullptr) == FALSE) {
    return fail(ErrorKind::unavailable, "DBUS_SESSION_BUS_ADDRESS is not the address of a bus: " + place,
                no_bus_hint(host_));
  }
  // The connection that GIO shares within a process: libsecret, which knows no other, joins us on it. GIO would start a
  // bus if it had to look for the address itself.
  setenv("DBUS_SESSION_BUS_ADDRESS", address->c_str(), 1);
  const auto pending = std::make_shared<Pending>();
  g_bus_get(G_BUS_TYPE_SESSION, cancellable_.get(), Pending::ready, new PendingPtr(pending));
  if (!wait_until([&] { return pending->result != nullptr; }, host_.now() + kConnect)) {
    return fail(
        ErrorKind::timed_out,
        "the D-Bus session bus at " + place + " does not answer (waited " + std::to_string(kConnect.count()) + " s)",
        no_bus_hint(host_));
  }
  GError* error = nullptr;
  connection_.reset(g_bus_get_finish(pending->result.get(), &error));
  if (connection_ == nullptr) {
    const ErrorPtr owner(error);
    return fail(ErrorKind::unavailable, "the D-Bus session bus at " + place + " cannot be reached: " + text_of(*error),
                no_bus_hint(host_));
  }
  // GIO would end the process by a signal when the bus goes away.
  g_dbus_connection_set_exit_on_close(connection_.get(), FALSE);
  return {};
}

Result<> Bus::find_provider() {
  const auto get_owner = [&] { return ask_bus("GetNameOwner", take(g_variant_new("(s)", kSecrets)), "(s)", kMachine); };
  auto owner = get_owner();
  if (!owner && owner.error().kind == ErrorKind::unavailable && !is_closed()) {
    host_.debug("starting the keyring service");
    auto started = ask_bus("StartServiceByName", take(g_variant_new("(su)", kSecrets, 0U)), "(u)", kMachine);
    if (!started && started.error().kind == ErrorKind::timed_out) {
      return tl::unexpected(slow_start(kMachine));
    }
    if (!started) {
      return pass_on(std::move(started));
    }
    owner = get_owner();
  }
  if (!owner) {
    return pass_on(std::move(owner));
  }
  const char* name = nullptr;
  g_variant_get(owner->get(), "(&s)", &name);
  owner_ = name;
  return {};
}

bool Bus::wait_until(const std::function<bool()>& done, Host::Clock::time_point deadline) {
  const auto left = std::max(std::chrono::ceil<milliseconds>(deadline - host_.now()), milliseconds(0));
  bool expired = false;
  GSource* timer = g_timeout_source_new(static_cast<guint>(left.count()));
  g_source_set_callback(
      timer,
      [](gpointer data) -> gboolean {
        *static_cast<bool*>(data) = true;
        return G_SOURCE_REMOVE;
      },
      &expired, nullptr);
  g_source_attach(timer, nullptr);
  while (!done() && !expired) {
    g_main_context_iteration(nullptr, TRUE);
  }
  g_source_destroy(timer);
  g_source_unref(timer);
  return done();
}

bool Bus::is_closed() const { return g_dbus_connection_is_closed(connection_.get()) != FALSE; }

Result<> Bus::wait_for_provider(const std::function<bool()>& done) {
  const auto began = host_.now();
  if (wait_until(done, began + kQuiet)) {
    return {};
  }
  const PendingPtr ping = start(owner_, {"/", "org.freedesktop.DBus.Peer", "Ping", nullptr, "()"});
  wait_until([&] { return done() || ping->result != nullptr; }, began + kMachine);
  if (done()) {
    return {};
  }
  if (ping->result == nullptr || !finish(ping)) {
    const std::string& name = provider();  // which finds out the process, too
    return tl::unexpected(stuck(name, pid_));
  }
  const seconds limit = std::max(patience_, kQuiet);
  host_.debug(provider() + " may be waiting for you, for up to " + std::to_string(limit.count()) + " s");
  if (wait_until(done, began + limit)) {
    return {};
  }
  return tl::unexpected(busy(provider(), limit));
}

Bus::PendingPtr Bus::start(const std::string& destination, const Call& call) {
  auto pending = std::make_shared<Pending>();
  // The limits are ours, see wait_for_provider.
  g_dbus_connection_call(connection_.get(), destination.c_str(), call.path.c_str(), call.interface, call.method,
                         call.arguments.get(), G_VARIANT_TYPE(call.reply), G_DBUS_CALL_FLAGS_NO_AUTO_START, G_MAXINT,
                         cancellable_.get(), Pending::ready, new PendingPtr(pending));
  return pending;
}

Result<Variant> Bus::finish(const PendingPtr& pending) {
  GError* error = nullptr;
  Variant reply(g_dbus_connection_call_finish(connection_.get(), pending->result.get(), &error));
  if (reply == nullptr) {
    const ErrorPtr owner(error);
    return tl::unexpected(explain(*error));
  }
  return reply;
}

Result<Variant> Bus::ask_bus(const char* method, Variant arguments, const char* reply, seconds limit) {
  const PendingPtr pending = start(kBus, {"/org/freedesktop/DBus", kBus, method, std::move(arguments), reply});
  if (!wait_until([&] { return pending->result != nullptr; }, host_.now() + limit)) {
    return fail(ErrorKind::timed_out, "the D-Bus session bus does not answer", no_bus_hint(host_));
  }
  return finish(pending);
}

Result<Variant> Bus::call(Call call) {
  std::vector<Call> calls;
  calls.push_back(std::move(call));
  return std::move(call_all(std::move(calls)).front());
}

std::vector<Result<Variant>> Bus::call_all(std::vector<Call> calls) {
  std::vector<Result<Variant>> replies;
  replies.reserve(calls.size());
  std::vector<PendingPtr> pending;
  pending.reserve(calls.size());
  for (std::size_t i = 0; i < calls.size(); ++i) {
    while (pending.size() < std::min(calls.size(), i + kInFlight)) {
      const Call& call = calls[pending.size()];
      host_.debug(std::string(call.method) + " " + call.path);
      pending.push_back(start(owner_, call));
    }
    replies.push_back(answer(std::exchange(pending[i], nullptr), calls[i]));
    if (!replies.back() && replies.back().error().kind == ErrorKind::timed_out) {
      // The others would wait as long, one after the other.
      const Error error = replies.back().error();
      while (replies.size() < calls.size()) {
        replies.emplace_back(tl::unexpected(error));
      }
      return replies;
    }
  }
  return replies;
}

Result<Variant> Bus::answer(PendingPtr pending, const Call& call) {
  for (int tries = 1;; ++tries) {
    KEYBERTH_TRY(wait_for_provider([&] { return pending->result != nullptr; }));
    Result<Variant> reply = finish(pending);
    // GNOME Keyring knows no method for a moment while it gets acquainted with a new client and others come and go
    // (2 of 500 parallel calls). The service's own object is always there, so this is not an answer.
    if (reply || reply.error().kind != ErrorKind::not_found || call.path != kRoot || tries == kTries) {
      return reply;
    }
    host_.debug("again, after " + reply.error().message);
    host_.sleep_until(host_.now() + tries * kPause);
    pending = start(owner_, call);
  }
}

Result<> Bus::run(const Begin& begin, const Finish& finish) {
  const auto pending = std::make_shared<Pending>();
  begin(cancellable_.get(), Pending::ready, new PendingPtr(pending));
  KEYBERTH_TRY(wait_for_provider([&] { return pending->result != nullptr; }));
  GError* error = nullptr;
  finish(pending->result.get(), &error);
  if (error != nullptr) {
    const ErrorPtr owner(error);
    return tl::unexpected(explain(*error));
  }
  return {};
}

Result<std::optional<Variant>> Bus::perform(const std::string& prompt) {
  Prompted prompted;
  const auto subscribe = [&](const char* sender, const char* interface, const char* signal, const char* path,
                             const char* first_argument, GDBusSignalCallback callback) {
    return g_dbus_connection_signal_subscribe(connection_.get(), sender, interface, signal, path, first_argument,
                                              G_DBUS_SIGNAL_FLAGS_NONE, callback, &prompted, nullptr);
  };
  const guint ids[] = {
      subscribe(owner_.c_str(), kPrompt, "Completed", prompt.c_str(), nullptr, on_completed),
      subscribe(kBus, kBus, "NameOwnerChanged", "/org/freedesktop/DBus", owner_.c_str(), on_owner_changed)};

  host_.debug("waiting for an answer to the prompt of " + provider());
  PendingPtr shown = start(owner_, {prompt, kPrompt, "Prompt", take(g_variant_new("(s)", "")), "()"});
  const seconds limit = patience_;
  std::optional<Error> refused;
  const bool answered = wait_until(
      [&] {
        if (shown != nullptr && shown->result != nullptr) {
          if (auto reply = finish(std::exchange(shown, nullptr)); !reply) {
            refused = std::move(reply).error();
          }
        }
        return prompted.completed != nullptr || prompted.vanished || refused.has_value() || is_closed();
      },
      host_.now() + limit);
  for (const guint id : ids) {
    g_dbus_connection_signal_unsubscribe(connection_.get(), id);
  }
  if (!answered) {
    const PendingPtr dismissed = start(owner_, {prompt, kPrompt, "Dismiss", nullptr, "()"});
    wait_until([&] { return dismissed->result != nullptr; }, host_.now() + kLookup);
    return tl::unexpected(prompt_unanswered(provider(), limit));
  }
  if (prompted.completed != nullptr) {
    gboolean was_dismissed = FALSE;
    GVariant* result = nullptr;
    g_variant_get(prompted.completed.get(), "(bv)", &was_dismissed, &result);
    Variant owner(result);
    return was_dismissed != FALSE ? std::nullopt : std::optional<Variant>(std::move(owner));
  }
  if (refused) {
    return tl::unexpected(*std::move(refused));
  }
  if (is_closed()) {
    return tl::unexpected(bus_gone());
  }
  return tl::unexpected(prompt_vanished(provider()));
}

const std::string& Bus::provider() {
  if (provider_.empty()) {
    provider_ = provider_name("");  // for the error of this question, should it fail
    auto reply = ask_bus("GetConnectionUnixProcessID", take(g_variant_new("(s)", owner_.c_str())), "(u)", kLookup);
    if (reply) {
      g_variant_get(reply->get(), "(u)", &pid_);
      const std::string comm = read_file("/proc/" + std::to_string(pid_) + "/comm", 64).value_or("");
      provider_ = provider_name(comm.substr(0, comm.find('\n')));
    }
  }
  return provider_;
}

std::string Bus::idle_provider() {
  for (const char* name : kIdleNames) {
    const auto reply = ask_bus("NameHasOwner", take(g_variant_new("(s)", name)), "(b)", kLookup);
    gboolean runs = FALSE;
    if (reply) {
      g_variant_get(reply->get(), "(b)", &runs);
    }
    if (runs != FALSE) {
      return name;
    }
  }
  return {};
}

Error Bus::bus_gone() const { return {ErrorKind::unavailable, "the D-Bus session bus went away", no_bus_hint(host_)}; }

Error Bus::explain(const GError& error) {
  const std::string name = remote_name(error);
  if (is_closed() || g_error_matches(&error, G_IO_ERROR, G_IO_ERROR_CLOSED) != FALSE) {
    return bus_gone();
  }
  if (owner_.empty()) {
    return is_nobody(name) ? no_provider(idle_provider()) : no_start(text_of(error));
  }
  return call_failed(provider(), name, text_of(error), host_.env("DISPLAY") || host_.env("WAYLAND_DISPLAY"));
}

}  // namespace keyberth
