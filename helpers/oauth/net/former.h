// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/host.h"
#include "helpers/oauth/config.h"
#include "helpers/oauth/known.h"
#include "helpers/oauth/net/commands.h"
#include "helpers/oauth/session.h"
#include "helpers/oauth/vault.h"

/// What a login does with the sessions of before.
namespace keyberth::oauth {

/// Writes down which sessions are in `vault`, because from now on the configuration names another one.
void remember_sessions_of(Host& host, const Config& config, Vault vault);

/// Revokes the session that was `replaced` at the place of a new one, and ends those of the same registry in other
/// places, best effort: what became of them, as lines for people. What the provider takes for one and the same login as
/// the new session stays.
[[nodiscard]] std::string end_former(Tools& tools, const Config& config, const Known& now, const Session& session,
                                     const std::optional<Session>& replaced);

/// Where sessions are that the configuration does not lead to any more, and what ends them. Empty without any.
[[nodiscard]] std::string left_behind_text(const std::vector<Known>& logins);

}  // namespace keyberth::oauth
