// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "helpers/oauth/config.h"
#include "helpers/oauth/known.h"
#include "helpers/oauth/net/commands.h"
#include "helpers/oauth/session.h"

namespace keyberth::oauth {

/// Revokes a session at its provider, by a rule for that provider: the registry's own may name another one by now, or
/// be gone. What the provider was told, as words for people; an error when it could not be told.
[[nodiscard]] Result<std::string> tell_provider(Tools& tools, const Config& config, const std::string& registry,
                                                const Session& session);

/// What became of a session.
struct Ending {
  std::vector<std::string> others;  ///< registries that shared it
  Result<std::string> told;         ///< as from tell_provider
};

/// Ends the session at `place`: at the provider, then in its vault even if the provider could not be told. Nothing when
/// the vault says that there is none; an error when it is still there.
[[nodiscard]] Result<std::optional<Ending>> end_session(Tools& tools, const Config& config, const Known& place);

}  // namespace keyberth::oauth
