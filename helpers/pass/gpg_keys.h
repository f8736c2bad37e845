// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keyberth {

/// A key as gpg lists it with --with-colons (doc/DETAILS of GnuPG).
struct GpgKey {
  std::string fingerprint;                   ///< of the primary key
  std::string user_id;                       ///< the first, fit for a terminal
  char validity = '-';                       ///< `u` ultimate, `f` full, `e` expired, `r` revoked, ...
  std::string capabilities;                  ///< in capitals those of the whole key: `E` encrypts now, `D` is disabled
  std::vector<std::string> grips;            ///< by which gpg-agent knows the parts that decrypt (--with-keygrip)
  std::vector<std::string> expired_subkeys;  ///< fingerprints of those for encryption
  std::optional<std::time_t> expires;        ///< when the whole key does

  [[nodiscard]] bool encrypts() const { return capabilities.find('E') != std::string::npos; }
  [[nodiscard]] bool is_disabled() const { return capabilities.find('D') != std::string::npos; }
};

/// Takes the output of --list-keys as well as that of --list-secret-keys.
[[nodiscard]] std::vector<GpgKey> parse_keys(std::string_view listing);

}  // namespace keyberth
