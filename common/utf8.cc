// SPDX-License-Identifier: Apache-2.0
#include "common/utf8.h"

#include <array>

namespace keyberth {

Utf8Character first_character(std::string_view text) {
  constexpr Utf8Character kInvalid{0xFFFD, 1, false};
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) {
    return {lead, 1, true};
  }
  std::size_t size = 0;
  if (lead >= 0xC2 && lead <= 0xDF) {
    size = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    size = 3;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    size = 4;
  }
  if (size == 0 || text.size() < size) {
    return kInvalid;
  }
  char32_t code = lead & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) {
      return kInvalid;
    }
    code = (code << 6U) | (byte(i) & 0x3FU);
  }
  constexpr std::array<char32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
  if (code < kSmallest.at(size) || (code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF) {
    return kInvalid;
  }
  return {code, size, true};
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const Utf8Character character = first_character(text);
    if (!character.valid) {
      return false;
    }
    text.remove_prefix(character.size);
  }
  return true;
}

bool is_control(char32_t code) { return code < 0x20 || (code >= 0x7F && code < 0xA0); }

bool is_space(char32_t code) {
  return (code >= 0x09 && code <= 0x0D) || code == 0x20 || code == 0x85 || code == 0xA0 || code == 0x1680 ||
         (code >= 0x2000 && code <= 0x200A) || code == 0x2028 || code == 0x2029 || code == 0x202F || code == 0x205F ||
         code == 0x3000;
}

bool has_control(std::string_view text) {
  while (!text.empty()) {
    const Utf8Character character = first_character(text);
    if (is_control(character.code)) {
      return true;
    }
    text.remove_prefix(character.size);
  }
  return false;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(first_character(text).code)) {
    text.remove_prefix(first_character(text).size);
  }
  std::size_t end = 0;  // behind the last character that is not a space
  for (std::size_t i = 0; i < text.size();) {
    const Utf8Character character = first_character(text.substr(i));
    i += character.size;
    if (!is_space(character.code)) {
      end = i;
    }
  }
  return text.substr(0, end);
}

}  // namespace keyberth
