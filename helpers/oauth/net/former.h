// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "common/host.h"
#include "helpers/oauth/config.h"
#include "helpers/oauth/known.h"
#include "helpers/oauth/vault.h"

/// What a login does with the sessions of before.
namespace keyberth::oauth {

/// Writes down which sessions are in `vault`, because from now on the configuration names another one.
void remember_sessions_of(Host& host, const Config& config, Vault vault);

/// Where sessions are that the configuration does not lead to any more, and what ends them. Empty without any.
[[nodiscard]] std::string left_behind_text(const std::vector<Known>& logins);

}  // namespace keyberth::oauth
