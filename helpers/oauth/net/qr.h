// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace keyberth::oauth {

/// The modules of a QR code row by row, true for dark; empty when the text does not fit into one.
using QrCode = std::vector<std::vector<bool>>;
[[nodiscard]] QrCode qr_code(const std::string& text);

/// Columns that draw_qr needs.
[[nodiscard]] int qr_width(const QrCode& code);

/// The code in half blocks, two rows of modules in a line. With `colour` it is black on white whatever the terminal's
/// own colours are; without, it is right on dark terminals, and most scanners take it inverted too.
[[nodiscard]] std::string draw_qr(const QrCode& code, bool colour);

}  // namespace keyberth::oauth
