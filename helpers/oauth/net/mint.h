// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "helpers/oauth/config.h"
#include "helpers/oauth/net/http.h"
#include "helpers/oauth/net/provider.h"
#include "helpers/oauth/session.h"

namespace keyberth::oauth {

/// Makes the registry credential of one rule from the session's tokens: nothing to do for access-token and id-token,
/// one request for the other shapes. The user name is checked (R9: printable, no colon, at most 255 bytes), the secret
/// too (R4: no line breaks or NUL).
[[nodiscard]] Result<Session::Minted> mint(Http& http, const Rule& rule, const std::string& registry,
                                           const Session& session, UnixTime now);

/// Brings the session up to date and mints: under the lock of the session, after reading it again; stores the rotated
/// refresh token before it answers. The one place where a refresh token is used.
///
/// `force` renews even what is fresh (after a login). The credential of `registry` is then in the returned session.
/// Errors: not_found (nobody is logged in), locked (refused or revoked: the hint names the login command), timed_out,
/// unavailable.
[[nodiscard]] Result<Session> renew(Host& host, Http& http, const Config& config, const Rule& rule,
                                    const std::string& registry, bool force);

}  // namespace keyberth::oauth
