// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace keyberth {

struct Utf8Character {
  char32_t code;     ///< U+FFFD when not valid
  std::size_t size;  ///< bytes it takes up; 1 when not valid
  bool valid;
};

/// The character at the start of `text`, which must not be empty. Overlong forms, surrogates and values over U+10FFFF
/// are not valid (RFC 3629 section 3).
[[nodiscard]] Utf8Character first_character(std::string_view text);

[[nodiscard]] bool is_utf8(std::string_view text);

/// C0 and C1 control characters and DEL.
[[nodiscard]] bool is_control(char32_t code);

/// White space as Unicode and Go's strings.TrimSpace have it.
[[nodiscard]] bool is_space(char32_t code);

[[nodiscard]] bool has_control(std::string_view text);

/// `text` without white space at both ends.
[[nodiscard]] std::string_view trim(std::string_view text);

}  // namespace keyberth
