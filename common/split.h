// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

namespace keyberth {

/// The parts of `text`, each of which ends at a `separator` or at the end of the text: a trailing separator adds no
/// empty part, and an empty text has no parts. Two separators in a row, and one at the start, have an empty part before
/// the second. The parts point into `text`, which must outlive them.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);

/// The same without the empty parts.
[[nodiscard]] std::vector<std::string_view> split_nonempty(std::string_view text, char separator);

}  // namespace keyberth
