// SPDX-License-Identifier: Apache-2.0
// What a token endpoint answers: any status, any bytes. The first byte chooses the status.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/utf8.h"
#include "helpers/oauth/net/answers.h"
#include "tests/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace keyberth;
  constexpr std::array<long, 8> kStatuses = {200, 400, 401, 403, 428, 429, 500, 503};
  constexpr oauth::UnixTime kNow = 1'800'000'000;
  if (size == 0) {
    return 0;
  }
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto tokens = oauth::parse_token_answer(kStatuses.at(data[0] % kStatuses.size()), body,
                                                {"id.example", "cli", "r.example"}, kNow);
  if (tokens) {
    FUZZ_CHECK(!tokens->access_token.empty());
    FUZZ_CHECK(!has_control(tokens->access_token.view()) && !has_control(tokens->refresh_token.view()));
    FUZZ_CHECK(!has_control(tokens->id_token.view()));
    FUZZ_CHECK(tokens->expires >= 0);
    return 0;
  }
  const oauth::TokenFailure& failure = tokens.error();
  FUZZ_CHECK(!failure.error.message.empty() && failure.error.message.size() < 1024);
  FUZZ_CHECK(is_utf8(failure.error.message) && !has_control(failure.error.message) && !has_control(failure.code));
  FUZZ_CHECK(!failure.interval || (*failure.interval >= 1 && *failure.interval <= 86400));
  (void)oauth::parse_retry_after(body, kNow);
  return 0;
}
