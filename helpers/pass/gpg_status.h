// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace keyberth {

/// Numbers of libgpg-error, the lower 16 bits of what status lines carry.
namespace gpg_error {
inline constexpr unsigned kChecksum = 10;
inline constexpr unsigned kBadPassphrase = 11;
inline constexpr unsigned kTimeout = 62;
inline constexpr unsigned kNoPinentry = 85;
inline constexpr unsigned kCanceled = 99;
inline constexpr unsigned kNoPassphrase = 177;
inline constexpr unsigned kFullyCanceled = 198;
}  // namespace gpg_error

/// The lines that gpg writes to --status-fd, as far as they matter here.
struct GpgStatus {
  bool decrypted = false;                  ///< DECRYPTION_OKAY and GOODMDC, and nothing that says otherwise
  bool encrypted = false;                  ///< END_ENCRYPTION
  bool damaged = false;                    ///< NODATA, BADMDC or a session key with a wrong checksum
  bool key_expired = false;                ///< KEYEXPIRED
  std::vector<unsigned> key_errors;        ///< why known secret keys could not be used (ERROR pkdecrypt_failed)
  std::vector<std::string> recipient_ids;  ///< key IDs a message is for (ENC_TO)
  std::vector<std::string> missing_keys;   ///< those whose secret key is not there (NO_SECKEY)
  std::vector<std::string> considered;     ///< fingerprints of public keys that were found (KEY_CONSIDERED)
  std::string bad_recipient;               ///< the first that cannot be used (INV_RECP)
  unsigned bad_recipient_reason = 0;       ///< 10: not trusted
  std::vector<std::string> good_signers;   ///< VALIDSIG: fingerprints of the signing and of its primary key
  std::string created;                     ///< fingerprint of a key just made (KEY_CREATED)

  [[nodiscard]] bool has_key_error(unsigned code) const;
};

[[nodiscard]] GpgStatus parse_gpg_status(std::string_view text);

}  // namespace keyberth
