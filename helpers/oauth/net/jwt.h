// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "common/result.h"
#include "helpers/oauth/json.h"
#include "helpers/oauth/session.h"

namespace keyberth::oauth {

/// The claims of a signed JWT (RFC 7519 in the compact form of RFC 7515): an object. The signature is not looked at.
/// bad_input when it is no JWT; the message has no part of it.
[[nodiscard]] Result<Json> jwt_claims(std::string_view token);

/// Claim `exp` of what may be a JWT; 0 when it is none or has none. A hint only: tokens are opaque to a client.
[[nodiscard]] UnixTime jwt_expiry(std::string_view token);

}  // namespace keyberth::oauth
