// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/host.h"
#include "common/result.h"
#include "common/secret.h"
#include "helpers/secretservice/bus.h"

namespace keyberth {

/// How secrets travel to and from the provider: encrypted by a key that libsecret agreed on with it
/// (dh-ietf1024-sha256-aes128-cbc-pkcs7), or, where that is not to be had, as they are.
class SecretSession {
 public:
  /// Opens one over `bus`, which must outlive it and have found its provider.
  [[nodiscard]] static Result<std::unique_ptr<SecretSession>> open(Host& host, Bus& bus);

  SecretSession(const SecretSession&) = delete;
  SecretSession& operator=(const SecretSession&) = delete;
  SecretSession(SecretSession&&) = delete;
  SecretSession& operator=(SecretSession&&) = delete;
  ~SecretSession();

  /// Its object at the provider.
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] bool encrypts() const;

  /// A secret as the API takes it, (oayays), and back; nothing when it cannot be decrypted.
  [[nodiscard]] Variant encode(const Secret& secret) const;
  [[nodiscard]] std::optional<Secret> decode(GVariant* encoded) const;

 private:
  struct Encryption;

  SecretSession();

  std::unique_ptr<Encryption> encryption_;  ///< null: as they are
  std::string path_;
};

}  // namespace keyberth
