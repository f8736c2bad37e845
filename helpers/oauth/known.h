// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "common/host.h"
#include "common/result.h"

/// Which registries somebody logged in to, for `list` and `status`: a vault of ours does not list sessions. No secrets;
/// $XDG_STATE_HOME/docker-credential-oauth/sessions.json. It is a list of names to look for and may lag behind the
/// vault, which decides.
namespace keyberth::oauth {

/// $XDG_STATE_HOME/docker-credential-oauth, else the same below ~/.local/state; empty without a home. It may not exist.
[[nodiscard]] std::string state_folder(const Host& host);

/// Registry to user name. Empty when the file is missing or damaged.
[[nodiscard]] std::map<std::string, std::string> known_registries(const Host& host);

/// Remembers a registry. Called after a login, and when a first credential was made for a registry that shares another
/// one's session. Does nothing when all is remembered already.
[[nodiscard]] Result<> remember_registry(Host& host, const std::string& registry, const std::string& username);

/// Forgets a registry. No error when it was not known.
[[nodiscard]] Result<> forget_registry(Host& host, const std::string& registry);

}  // namespace keyberth::oauth
