// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "common/credential.h"
#include "common/result.h"

namespace keyberth {

/// Reads the first JSON value of `text` as the object {ServerURL, Username, Secret}; see parse_credential. Anything
/// behind that value is ignored. Nesting is limited to 64 levels, text must be valid UTF-8.
[[nodiscard]] Result<Credential> parse_credential_json(std::string_view text);

}  // namespace keyberth
