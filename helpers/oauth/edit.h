// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "helpers/oauth/config.h"
#include "helpers/oauth/json.h"

namespace keyberth::oauth {

/// One rule that says what `part` says over `base`, as apply_rule would lay one over the other.
[[nodiscard]] Json laid_over(Json base, const Json& part);

/// The text of a configuration file, which parses as `tree`, with `what` put in. A registry that is not in the file
/// begins as `start`. Bytes that need not change stay.
[[nodiscard]] std::string with_rule(const std::string& text, const Json& tree, const Remembered& what,
                                    const Json& start);

}  // namespace keyberth::oauth
