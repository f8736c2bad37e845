// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "common/host.h"
#include "common/result.h"

/// Which registries somebody logged in to, and where each session was stored: a vault of ours does not list sessions,
/// and the configuration may name another vault or session by now. No secrets;
/// $XDG_STATE_HOME/docker-credential-oauth/sessions.json. It may lag behind the vault, which decides.
namespace keyberth::oauth {

/// $XDG_STATE_HOME/docker-credential-oauth, else the same below ~/.local/state; empty without a home. It may not exist.
[[nodiscard]] std::string state_folder(const Host& host);

struct Known {
  std::string registry;
  std::string username;
  std::string vault;  ///< as in Config; empty in older files: the one of today
  std::string key;    ///< of the session in that vault; empty when vault is

  /// Whether the session is, or may be, under this key of this vault.
  [[nodiscard]] bool may_be_at(const std::string& other_vault, const std::string& other_key) const {
    return vault.empty() || (vault == other_vault && key == other_key);
  }
};

/// Several of one registry where a session was left behind in another vault or under another key. Empty when the file
/// is missing or damaged.
[[nodiscard]] std::vector<Known> known_logins(const Host& host);

/// Called after a login, and when a first credential was made for a registry that shares another one's session. Does
/// nothing when all is remembered already.
[[nodiscard]] Result<> remember_login(Host& host, const Known& login);

/// Once the vault itself has said that there is no session any more. No error when it was not known.
[[nodiscard]] Result<> forget_login(Host& host, const std::string& registry, const std::string& vault,
                                    const std::string& key);

}  // namespace keyberth::oauth
