// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace keyberth {

/// The words of a command line with each `OPTION=VALUE` as two, so that a value may follow in either way. Other words
/// stay as they are.
[[nodiscard]] std::vector<std::string> with_value_apart(const std::vector<std::string>& words, std::string_view option);

}  // namespace keyberth
