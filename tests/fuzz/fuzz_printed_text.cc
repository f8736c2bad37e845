// SPDX-License-Identifier: Apache-2.0
// Text from stores and servers on its way out: what a terminal gets, and what `list` prints for names found in a store.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/protocol.h"
#include "common/utf8.h"
#include "tests/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::string shown = keyberth::printable(text, 100);
  FUZZ_CHECK(keyberth::is_utf8(shown) && !keyberth::has_control(shown) && shown.size() <= 103);
  const std::string list = keyberth::format_list({{text, text}, {text.substr(0, size / 2), text}});
  FUZZ_CHECK(list.ends_with("}\n") && list.find('\n') == list.size() - 1);
  FUZZ_CHECK(keyberth::is_utf8(list));
  return 0;
}
