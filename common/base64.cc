// SPDX-License-Identifier: Apache-2.0
#include "common/base64.h"

#include <cstdint>

namespace keyberth {
namespace {

constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr unsigned kSixBits = 0x3F;

Secret encode(std::string_view bytes, std::string_view alphabet) {
  Secret text;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char byte : bytes) {
    bits = (bits << 8U) | static_cast<unsigned char>(byte);
    for (count += 8; count >= 6; count -= 6) {
      text.push_back(alphabet[(bits >> (count - 6)) & kSixBits]);
    }
  }
  if (count > 0) {
    text.push_back(alphabet[(bits << (6 - count)) & kSixBits]);
  }
  return text;
}

std::optional<Secret> decode(std::string_view text, std::string_view alphabet) {
  text = text.substr(0, text.find('='));
  if (text.size() % 4 == 1) {
    return std::nullopt;
  }
  Secret bytes;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const std::size_t value = alphabet.find(c);
    if (value == std::string_view::npos) {
      return std::nullopt;
    }
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes.push_back(static_cast<char>((bits >> count) & 0xFFU));
    }
  }
  return bytes;
}

}  // namespace

Secret base64(std::string_view bytes) {
  Secret text = encode(bytes, kStandard);
  while (text.size() % 4 != 0) {
    text.push_back('=');
  }
  return text;
}

Secret base64url(std::string_view bytes) { return encode(bytes, kUrl); }

std::optional<Secret> from_base64url(std::string_view text) { return decode(text, kUrl); }

std::optional<Secret> from_base64(std::string_view text) { return decode(text, kStandard); }

}  // namespace keyberth
