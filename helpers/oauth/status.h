// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "common/host.h"
#include "common/result.h"
#include "helpers/oauth/session.h"

/// The commands that need no network: what they return is printed on standard output.
namespace keyberth::oauth {

/// `status [--json]`: every session that is known of, with its identity, provider, vault and expiry.
[[nodiscard]] Result<std::string> status(Host& host, const std::vector<std::string>& arguments, UnixTime now);

/// `config check [FILE]` and `config presets`.
[[nodiscard]] Result<std::string> config_command(Host& host, const std::vector<std::string>& arguments);

/// "in 42 minutes", "3 days ago".
[[nodiscard]] std::string relative_time(UnixTime when, UnixTime now);

}  // namespace keyberth::oauth
