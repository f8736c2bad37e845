// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/host.h"
#include "common/result.h"
#include "common/secret.h"

namespace keyberth {

/// Bytes that one key can hold: the kernel's limit for keys of type `user`.
inline constexpr std::size_t kPayloadLimit = 32767;
/// Bytes of a key's description, without its final NUL.
inline constexpr std::size_t kDescriptionLimit = 4095;

/// One keyring of the kernel and the keys of type `user` right inside it. The only place that makes system calls for
/// keys; errors are those of keyctl(2) put into words.
class Keyring {
 public:
  using Serial = std::int32_t;

  /// A key found by name: its serial number, or that it can no longer be used.
  struct Found {
    Serial serial = 0;
    bool expired = false;
    bool revoked = false;
  };

  /// The persistent keyring of our user, which every process of that user reaches, whatever its session. Where the
  /// kernel has none (CONFIG_PERSISTENT_KEYRINGS), the user keyring. Starts the idle expiry anew.
  [[nodiscard]] static Result<Keyring> open(Host& host);

  [[nodiscard]] Serial serial() const { return serial_; }
  /// Whether this is the persistent keyring, and not the user keyring in its place.
  [[nodiscard]] bool is_persistent() const { return persistent_; }

  /// The key of this description; nothing when there is none.
  [[nodiscard]] Result<std::optional<Found>> find(const std::string& description) const;

  /// Serial numbers of everything linked here, other programs' keys included.
  [[nodiscard]] Result<std::vector<Serial>> members() const;

  /// Description of a key of type `user`; nothing for other types and for keys that cannot be looked at.
  [[nodiscard]] static std::optional<std::string> description(Serial key);

  /// What a key holds. not_found when it vanished meanwhile.
  [[nodiscard]] static Result<Secret> read(Serial key);

  /// Adds a key, or replaces what the key of this description holds: in one step, and without a trace when it fails.
  /// Gives its serial number. The error has kind limit and no hint when the user's quota is exhausted.
  [[nodiscard]] Result<Serial> put(const std::string& description, const Secret& payload) const;

  /// Takes a key out of this keyring. No error when it is not there.
  [[nodiscard]] Result<> remove(Serial key) const;

 private:
  Keyring(Host& host, Serial serial, bool persistent) : host_(&host), serial_(serial), persistent_(persistent) {}

  Host* host_;
  Serial serial_;
  bool persistent_;
};

}  // namespace keyberth
