// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "helpers/oauth/net/token_server.h"

namespace keyberth::oauth {

/// Whether a registry token that says what it grants (claim `access`) grants every action of `scope`. Nothing when it
/// does not say: registries may use tokens that mean nothing to others.
[[nodiscard]] std::optional<bool> grants(std::string_view token, const std::string& scope);

/// What a registry token says about itself, for people. Nothing of it was verified, and the text says so.
[[nodiscard]] std::string explain_token(const RegistryToken& token, UnixTime now);

}  // namespace keyberth::oauth
