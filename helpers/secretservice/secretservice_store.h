// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/host.h"
#include "common/store.h"

namespace keyberth {

/// Keeps credentials in the desktop's keyring: GNOME Keyring, KeePassXC, KWallet, or whatever else provides the Secret
/// Service on the session bus. Items are those of the older docker-credential-secretservice: five attributes, in the
/// default collection, with the server as label.
class SecretServiceStore final : public Store {
 public:
  explicit SecretServiceStore(Host& host) : host_(host) {}

  [[nodiscard]] Result<Credential> get(std::span<const std::string> keys) override;
  [[nodiscard]] Result<> store(const Credential& credential) override;
  [[nodiscard]] Result<> erase(std::span<const std::string> keys) override;
  [[nodiscard]] Result<std::vector<Entry>> list() override;

 private:
  Host& host_;
};

}  // namespace keyberth
