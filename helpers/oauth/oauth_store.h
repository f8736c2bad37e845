// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/host.h"
#include "common/store.h"
#include "helpers/oauth/config.h"
#include "helpers/oauth/session.h"
#include "helpers/oauth/vault.h"

namespace keyberth::oauth {

/// Registry credentials made of OAuth sessions in a vault; registries without a rule are the vault's own affair. Knows
/// no network: what needs it is done by docker-credential-oauth-net.
class OauthStore final : public Store {
 public:
  /// The wall clock, for tests.
  using Time = std::function<UnixTime()>;

  explicit OauthStore(Host& host);
  OauthStore(Host& host, Time time, std::string net_program);

  /// Asks the vault only for the first key where it is passed through: aliases are the vault's own affair then.
  [[nodiscard]] Result<Credential> get(std::span<const std::string> keys) override;

  /// What docker hands back for a registry with a living session changes nothing; another user name is denied. Without
  /// a session that is of use it is an ordinary login for the vault, and get finds it there: a vault that nobody named
  /// is remembered as `login` does it, and the login refused where that is impossible.
  [[nodiscard]] Result<> store(const Credential& credential) override;

  /// A local logout. A session that serves other registries too stays for them, but serves this one no longer.
  [[nodiscard]] Result<> erase(std::span<const std::string> keys) override;

  [[nodiscard]] Result<std::vector<Entry>> list() override;

  /// find_vault(), once: a helper that is passed over may take seconds to say no.
  [[nodiscard]] Result<VaultChoice> vault(const std::string& configured);

  /// From now on no vault is remembered: `doctor` stores a login that it takes away again, and changes no file.
  void remember_nothing() { remembers_ = false; }

 private:
  struct Place;  ///< what the configuration says about a server key

  [[nodiscard]] Result<Place> locate(const std::string& server);
  [[nodiscard]] Result<Credential> look_up(const std::string& server, Place& place);
  [[nodiscard]] Result<Credential> answer(const std::string& server, const Rule& rule, const Session::Minted& minted);
  [[nodiscard]] Result<Credential> renew(const std::string& server, const Place& place, const Session& session);
  [[nodiscard]] Result<Session::Minted> ask_net(const std::string& registry);
  [[nodiscard]] Result<Credential> not_logged_in(const std::string& server, Place& place);
  [[nodiscard]] Result<> hand_back(const Credential& credential, const Place& place, const Session& session);
  [[nodiscard]] Result<> store_plain(const Credential& credential, Place& place);
  /// Under the session's lock.
  [[nodiscard]] Result<> erase_session(Vault& vault, const Rule& rule, const std::string& registry);

  Host& host_;
  Time time_;
  std::string net_program_;  ///< empty: looked up when it is needed
  bool remembers_ = true;
  std::optional<std::pair<std::string, VaultChoice>> found_vault_;  ///< for what was configured
};

}  // namespace keyberth::oauth
