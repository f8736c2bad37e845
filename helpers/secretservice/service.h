// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/host.h"
#include "common/result.h"
#include "common/secret.h"
#include "helpers/secretservice/bus.h"
#include "helpers/secretservice/secret_session.h"

namespace keyberth {

using Attributes = std::map<std::string, std::string>;

/// An item as the provider shows it. Of a locked one it may hide the attributes.
struct Item {
  std::string path;
  bool locked = false;
  Attributes attributes;
  std::uint64_t created = 0;   ///< seconds since 1970
  std::uint64_t modified = 0;  ///< seconds since 1970
};

/// Where a search found an item.
struct Found {
  std::string path;
  bool locked = false;
};

/// The Secret Service API (freedesktop.org, draft 0.2), as far as credentials need it: typed calls, one message each.
/// Every wait is bounded, see Bus. Unlocking and prompts happen in the functions that say so only.
class SecretService {
 public:
  /// Connects to the provider of this session; opens no session for secrets yet.
  [[nodiscard]] static Result<std::unique_ptr<SecretService>> connect(Host& host);

  /// The same over a bus that is connected already.
  [[nodiscard]] static Result<std::unique_ptr<SecretService>> connect(Host& host, std::unique_ptr<Bus> bus);

  SecretService(const SecretService&) = delete;
  SecretService& operator=(const SecretService&) = delete;
  SecretService(SecretService&&) = delete;
  SecretService& operator=(SecretService&&) = delete;
  ~SecretService();

  /// What people call the provider.
  [[nodiscard]] const std::string& provider();

  /// Whether it could show a dialog in this session.
  [[nodiscard]] bool has_screen() const;

  /// What to tell people when it is locked, and when it has no default collection.
  [[nodiscard]] std::string unlock_hint();
  [[nodiscard]] std::string create_hint();

  /// Items that have all of the attributes of a query, in any collection; one list for each query.
  [[nodiscard]] Result<std::vector<std::vector<Found>>> search(std::span<const Attributes> queries);

  /// All about these items, in their order; nothing for an item that has gone meanwhile.
  [[nodiscard]] Result<std::vector<std::optional<Item>>> describe(std::span<const std::string> paths);

  /// Only the attributes of these items.
  [[nodiscard]] Result<std::vector<std::optional<Attributes>>> attributes(std::span<const std::string> paths);

  /// Whether secrets travel encrypted on the bus.
  [[nodiscard]] Result<bool> encrypts();

  /// The secret of an unlocked item; nothing when it has gone meanwhile.
  [[nodiscard]] Result<std::optional<Secret>> secret(const std::string& item);

  /// Path of the default collection, if there is one. GNOME Keyring rereads its files when they have changed, also by
  /// its own hand, and for a moment has none then (seen under load): that there is none is believed after 200 ms.
  [[nodiscard]] Result<std::optional<std::string>> default_collection();

  /// Makes one, which asks a person for its password. The error tells dismissed (locked) from impossible.
  [[nodiscard]] Result<std::string> create_default_collection();

  [[nodiscard]] Result<bool> is_locked(const std::string& collection);

  /// Whether unlocking a collection would ask a person: KWallet calls an open wallet locked until a client has tried.
  [[nodiscard]] Result<bool> is_closed(const std::string& collection);

  /// Unlocks a collection or an item; may ask a person. ErrorKind::locked when it is still locked afterwards.
  [[nodiscard]] Result<> unlock(const std::string& path);

  /// Creates an item, or replaces the one with the same attributes. May ask a person. Returns the item's path, or
  /// nothing when the provider keeps it to itself.
  [[nodiscard]] Result<std::optional<std::string>> create_item(const std::string& collection, const std::string& label,
                                                               const Attributes& attributes, const Secret& secret);

  /// Deletes an item; may ask a person. Success when it is gone already.
  [[nodiscard]] Result<> remove(const std::string& item);

 private:
  SecretService(Host& host, std::unique_ptr<Bus> bus);
  [[nodiscard]] Result<> open_session();
  [[nodiscard]] Result<std::optional<std::string>> read_default_alias();
  /// What a method that may prompt has done: the first value of its reply, or the result of the prompt that its last
  /// value names. When that was dismissed, the error says that the provider `refusal` ("is locked").
  [[nodiscard]] Result<Variant> outcome(Result<Variant> reply, const std::string& refusal);
  [[nodiscard]] Result<Variant> property(const std::string& collection, const char* name);
  [[nodiscard]] Error dismissed(const std::string& what);

  Host& host_;
  std::unique_ptr<Bus> bus_;
  std::unique_ptr<SecretSession> session_;
};

}  // namespace keyberth
