// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "helpers/oauth/config.h"
#include "helpers/oauth/json.h"

namespace keyberth::oauth {

/// The text of a configuration file, which parses as `tree`, with `what` put in. Bytes that need not change stay.
[[nodiscard]] std::string with_rule(const std::string& text, const Json& tree, const Remembered& what);

}  // namespace keyberth::oauth
