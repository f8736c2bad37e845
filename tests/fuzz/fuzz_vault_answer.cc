// SPDX-License-Identifier: Apache-2.0
// What another helper, or our own network program, prints: read strictly, and never a user name that could not be
// printed again.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/utf8.h"
#include "helpers/oauth/answer.h"
#include "helpers/oauth/vault_answer.h"
#include "tests/fuzz/check.h"

using namespace keyberth::oauth;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto credential = parse_vault_credential(text)) {
    FUZZ_CHECK(!keyberth::has_control(credential->username));
  }
  if (const auto entries = parse_vault_list(text)) {
    FUZZ_CHECK(entries->size() <= size);
  }
  if (const auto answer = read_answer(text)) {
    const auto again = read_answer(write_answer(answer).view());
    FUZZ_CHECK(again && again->username == answer->username && again->secret.equals(answer->secret));
  }
  return 0;
}
