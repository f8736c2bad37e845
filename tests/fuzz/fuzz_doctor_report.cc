// SPDX-License-Identifier: Apache-2.0
// Any text as the answer of another program's doctor: refused, or understood in a way that survives being written
// again, and shown without control characters.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/json.h"
#include "common/report.h"
#include "tests/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto report = keyberth::parse_report({reinterpret_cast<const char*>(data), size});
  if (!report) {
    return 0;
  }
  const std::string text = keyberth::report_json(*report);
  const auto again = keyberth::parse_report(text);
  FUZZ_CHECK(again && again->checks.size() == report->checks.size());
  FUZZ_CHECK(keyberth::report_json(*again) == text);
  const std::string shown = keyberth::report_text(*report, false);
  FUZZ_CHECK(std::none_of(shown.begin(), shown.end(), [](char c) { return c != '\n' && c >= 0 && c < ' '; }));
  return 0;
}
