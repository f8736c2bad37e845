// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keyberth {

/// What a user's keys take of the kernel's quota, all keyrings and programs together.
struct KeyUsage {
  std::uint64_t keys = 0;
  std::uint64_t key_limit = 0;
  std::uint64_t bytes = 0;
  std::uint64_t byte_limit = 0;
};

/// The line of user `uid` in the text of /proc/key-users (keyrings(7)); nothing when there is none.
[[nodiscard]] std::optional<KeyUsage> parse_key_users(std::string_view text, unsigned uid);

/// The time that key `serial` has left by the text of /proc/keys, as people say it. The kernel gives one unit, rounded
/// down: "2d" is "2 days". Nothing when the key is not there or never expires.
[[nodiscard]] std::optional<std::string> parse_time_left(std::string_view text, std::int32_t serial);

/// A key that was not swept yet, but can no longer be used: expired, or revoked.
struct DeadKey {
  std::int32_t serial = 0;
  std::string description;
};

/// The dead keys of type `user` in the text of /proc/keys. The kernel tells their names nowhere else.
[[nodiscard]] std::vector<DeadKey> parse_dead_keys(std::string_view text);

/// Seconds as people say them, in the largest unit that fits whole: "3 days", "90 minutes".
[[nodiscard]] std::string spoken(std::uint64_t seconds);

/// "120 of 20000 bytes and 3 of 200 keys in use".
[[nodiscard]] std::string in_use(const KeyUsage& usage);

/// What raises the limits tenfold.
struct LargerQuota {
  std::string now;   ///< a command that does it until the next restart of the machine
  std::string ever;  ///< and one that keeps it
};
[[nodiscard]] LargerQuota raise_quota(const KeyUsage& usage);

/// Seconds without any use after which the kernel lets a persistent keyring go; nothing when it never does, or /proc
/// does not say.
[[nodiscard]] std::optional<std::uint64_t> idle_limit();

/// The present user's line of /proc/key-users; nothing when /proc does not say.
[[nodiscard]] std::optional<KeyUsage> own_key_usage();

}  // namespace keyberth
