// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
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

/// What to do where no registry is configured yet.
inline constexpr std::string_view kFirstLogin =
    "The first login does that:\n  docker-credential-oauth login REGISTRY --issuer URL --client-id ID";

/// How long a registry's credential is good: "good until 2026-11-21 12:00:00 UTC, in 42 minutes". `minted` is null when
/// there is none yet.
[[nodiscard]] std::string expiry_line(const Session::Minted* minted, const Session& session, UnixTime now);

/// "in 42 minutes", "3 days ago".
[[nodiscard]] std::string relative_time(UnixTime when, UnixTime now);

}  // namespace keyberth::oauth
