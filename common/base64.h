// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "common/secret.h"

namespace keyberth {

/// RFC 4648 section 4, with padding: as Basic authorization and Docker's config.json write it.
[[nodiscard]] Secret base64(std::string_view bytes);
/// Nothing when it is not that; padding may be missing.
[[nodiscard]] std::optional<Secret> from_base64(std::string_view text);

/// RFC 4648 section 5, without padding: as JWT and PKCE write it.
[[nodiscard]] Secret base64url(std::string_view bytes);
/// Nothing when it is not that; padding at the end is borne.
[[nodiscard]] std::optional<Secret> from_base64url(std::string_view text);

}  // namespace keyberth
