// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/net/qr.h"

#include <qrencode.h>

#include <cstddef>
#include <memory>

namespace keyberth::oauth {
namespace {

constexpr std::size_t kQuiet = 2;  // light modules around the code
constexpr unsigned kDark = 1;

bool is_dark(const QrCode& code, std::size_t row, std::size_t column) {
  return row >= kQuiet && column >= kQuiet && row - kQuiet < code.size() && column - kQuiet < code.size() &&
         code[row - kQuiet][column - kQuiet];
}

}  // namespace

QrCode qr_code(const std::string& text) {
  const std::unique_ptr<QRcode, decltype(&QRcode_free)> made(QRcode_encodeString8bit(text.c_str(), 0, QR_ECLEVEL_L),
                                                             QRcode_free);
  QrCode code;
  if (made) {
    const auto width = static_cast<std::size_t>(made->width);
    for (std::size_t row = 0; row < width; ++row) {
      std::vector<bool> modules;
      for (std::size_t column = 0; column < width; ++column) {
        modules.push_back((made->data[row * width + column] & kDark) != 0);
      }
      code.push_back(std::move(modules));
    }
  }
  return code;
}

int qr_width(const QrCode& code) { return static_cast<int>(code.size() + 2 * kQuiet); }

std::string draw_qr(const QrCode& code, bool colour) {
  const std::size_t size = code.size() + 2 * kQuiet;
  std::string text;
  for (std::size_t row = 0; row < size; row += 2) {
    text += colour ? "\x1b[30;107m" : "";
    for (std::size_t column = 0; column < size; ++column) {
      // In colour the ink is black and stands for dark, without it is the light of a dark terminal.
      const bool upper = is_dark(code, row, column) == colour;
      const bool lower = row + 1 < size ? is_dark(code, row + 1, column) == colour : false;
      text += upper ? (lower ? "█" : "▀") : (lower ? "▄" : " ");
    }
    text += colour ? "\x1b[0m\n" : "\n";
  }
  return text;
}

}  // namespace keyberth::oauth
