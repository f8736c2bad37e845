// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "common/secret.h"

namespace keyberth::oauth {

/// Value of the header Authorization for a user name and password (RFC 7617).
[[nodiscard]] Secret basic_authorization(std::string_view username, std::string_view password);
/// The same for a bearer token (RFC 6750).
[[nodiscard]] Secret bearer_authorization(std::string_view token);

}  // namespace keyberth::oauth
