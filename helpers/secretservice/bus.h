// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/host.h"
#include "common/result.h"

// GLib's own names for what passes through here, so that its headers stay in three source files.
using GVariant = struct _GVariant;                // NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
using GDBusConnection = struct _GDBusConnection;  // NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
using GObject = struct _GObject;                  // NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
using GAsyncResult = struct _GAsyncResult;        // NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
using GCancellable = struct _GCancellable;        // NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
using GError = struct _GError;                    // NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)

namespace keyberth {

struct VariantUnref {
  void operator()(GVariant* variant) const noexcept;
};
/// A D-Bus value, never floating.
using Variant = std::unique_ptr<GVariant, VariantUnref>;

/// A message to the provider.
struct Call {
  std::string path;
  const char* interface;
  const char* method;
  Variant arguments;  ///< a tuple, or nothing
  const char* reply;  ///< type of the tuple that must come back; anything else is an error
};

/// A connection to the session bus and, behind it, the program that owns the name org.freedesktop.secrets: the
/// provider.
///
/// No wait here is without an end. A call that stays unanswered for a few seconds is followed by a ping: a provider
/// that does not answer that is stuck, and the call fails after ten seconds in all; one that does answer is taken to be
/// busy with its user (KeePassXC answers nothing, not even a search, while it asks for the database's password), and
/// gets the patience that was given.
///
/// An Error of kind not_found means that the object which was called does not exist.
class Bus {
 public:
  /// Connects to the bus of this session. Never starts a bus. `patience` is how long a person may take.
  [[nodiscard]] static Result<std::unique_ptr<Bus>> connect(Host& host, std::chrono::seconds patience);

  Bus(const Bus&) = delete;
  Bus& operator=(const Bus&) = delete;
  Bus(Bus&&) = delete;
  Bus& operator=(Bus&&) = delete;
  ~Bus();

  /// Finds the provider, which the bus starts if it has to. Before any call.
  [[nodiscard]] Result<> find_provider();

  /// Sends one message to the provider and waits for the answer.
  [[nodiscard]] Result<Variant> call(Call call);

  /// Sends many, a bounded number of them in flight at once. The answers are in the order of the calls.
  [[nodiscard]] std::vector<Result<Variant>> call_all(std::vector<Call> calls);

  /// Carries out a prompt of the provider: waits for the person in front of it. Returns the
  /// prompt's result, or nothing when it was dismissed. A prompt that nobody answers is dismissed by us.
  [[nodiscard]] Result<std::optional<Variant>> perform(const std::string& prompt);

  /// Starts an asynchronous function of a library that shares our connection, and waits for it as for a call. `finish`
  /// is given its result and returns its error, which it owns, or nothing.
  using Begin = std::function<void(GCancellable*, void (*ready)(GObject*, GAsyncResult*, void*), void* data)>;
  using Finish = std::function<void(GAsyncResult*, GError**)>;
  [[nodiscard]] Result<> run(const Begin& begin, const Finish& finish);

  /// What people call the provider, see provider_name().
  [[nodiscard]] const std::string& provider();

 private:
  struct Unref {
    void operator()(void* object) const noexcept;
  };
  struct Pending;
  using PendingPtr = std::shared_ptr<Pending>;

  Bus(Host& host, std::chrono::seconds patience) : host_(host), patience_(patience) {}

  [[nodiscard]] Result<> open();
  [[nodiscard]] PendingPtr start(const std::string& destination, const Call& call);
  [[nodiscard]] Result<Variant> answer(PendingPtr pending, const Call& call);
  [[nodiscard]] Result<Variant> finish(const PendingPtr& pending);
  [[nodiscard]] Result<Variant> ask_bus(const char* method, Variant arguments, const char* reply,
                                        std::chrono::seconds limit);
  bool wait_until(const std::function<bool()>& done, Host::Clock::time_point deadline);
  [[nodiscard]] Result<> wait_for_provider(const std::function<bool()>& done);
  [[nodiscard]] bool is_closed() const;
  [[nodiscard]] std::string idle_provider();
  [[nodiscard]] Error bus_gone() const;
  [[nodiscard]] Error explain(const GError& error);

  Host& host_;
  std::chrono::seconds patience_;
  std::unique_ptr<GCancellable, Unref> cancellable_;
  std::unique_ptr<GDBusConnection, Unref> connection_;
  std::string owner_;  ///< the provider's unique name, to which all calls go: when it is restarted, they fail
  std::string provider_;
  std::uint32_t pid_ = 0;  ///< the provider's process, when it is known
};

}  // namespace keyberth
