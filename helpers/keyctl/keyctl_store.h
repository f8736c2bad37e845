// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/host.h"
#include "common/store.h"
#include "helpers/keyctl/keyring.h"

namespace keyberth {

/// Keeps credentials in the kernel's memory, in the persistent keyring of the user.
///
/// One key of type `user` for each server:
///   description   "keyberth:" and the server key, byte for byte
///   payload       the user name, a NUL byte, the secret
/// The kernel replaces a key of the same description in one step, so that a second user name takes the place of the
/// first and no reader ever sees half a change. The server is in the description and so visible in /proc/keys to the
/// same user; user name and secret are not. The permissions are the kernel's usual ones for such keys: everything for
/// processes that possess them, a look at the description for others of the same user, nothing for anyone else.
class KeyctlStore final : public Store {
 public:
  explicit KeyctlStore(Host& host) : host_(host) {}

  [[nodiscard]] Result<Credential> get(std::span<const std::string> keys) override;
  [[nodiscard]] Result<> store(const Credential& credential) override;
  [[nodiscard]] Result<> erase(std::span<const std::string> keys) override;
  [[nodiscard]] Result<std::vector<Entry>> list() override;

  /// For people: where credentials are, how many, how much room is left and when they expire. Takes no
  /// arguments.
  [[nodiscard]] Result<std::string> status(const std::vector<std::string>& arguments);

 private:
  [[nodiscard]] Result<Keyring> open();

  Host& host_;
};

/// The server that a key of this description belongs to; nothing for keys of other programs.
[[nodiscard]] std::optional<std::string> described_server(std::string_view description);

/// Where the user name ends in a payload; nothing when it is not one of ours.
[[nodiscard]] std::optional<std::size_t> username_size(const Secret& payload);

}  // namespace keyberth
