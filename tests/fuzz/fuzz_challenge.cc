// SPDX-License-Identifier: Apache-2.0
// WWW-Authenticate as a registry may write it, and what `token` takes on its command line.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "helpers/oauth/net/challenge.h"
#include "helpers/oauth/net/token_text.h"
#include "tests/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  for (const auto& challenge : keyberth::oauth::parse_challenges(text)) {
    FUZZ_CHECK(!challenge.scheme.empty());
    for (const auto& [name, value] : challenge.parameters) {
      FUZZ_CHECK(!name.empty() && value.size() < size);
      FUZZ_CHECK(std::none_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; }));
    }
  }
  if (const auto wanted = keyberth::oauth::parse_wanted(text)) {
    FUZZ_CHECK(!wanted->registry.empty());
    FUZZ_CHECK(wanted->scope.find_first_of(" \t\r\n&\"") == std::string::npos);
    FUZZ_CHECK(wanted->scope.empty() || std::count(wanted->scope.begin(), wanted->scope.end(), ':') == 2);
  }
  (void)keyberth::oauth::grants(text, "repository:a:pull");
  const auto shown = keyberth::oauth::explain_token({keyberth::Secret(text), 60, true}, 1'800'000'000);
  FUZZ_CHECK(std::none_of(shown.begin(), shown.end(), [](char c) { return c == '\x1b' || c == '\r' || c == '\0'; }));
  return 0;
}
