// SPDX-License-Identifier: Apache-2.0
// What a device authorization endpoint answers, and what of it a person gets to see.
#include <cstddef>
#include <cstdint>
#include <string>

#include "common/utf8.h"
#include "helpers/oauth/net/answers.h"
#include "tests/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace keyberth;
  const auto code = oauth::parse_device_answer(200, {reinterpret_cast<const char*>(data), size},
                                               {"id.example", "cli", "r.example"}, false);
  if (!code) {
    FUZZ_CHECK(!has_control(code.error().error.message) && is_utf8(code.error().error.message));
    return 0;
  }
  FUZZ_CHECK(!code->device_code.empty() && !code->user_code.empty() && code->user_code.size() <= 64);
  FUZZ_CHECK(!has_control(code->user_code) && is_utf8(code->user_code));
  for (const std::string& address : {code->verification_uri, code->verification_uri_complete}) {
    if (!address.empty()) {
      FUZZ_CHECK(oauth::check_endpoint(address.substr(0, address.find('#')), false).has_value());
      FUZZ_CHECK(!has_control(address));
    }
  }
  FUZZ_CHECK(!code->verification_uri.empty());
  FUZZ_CHECK(code->interval >= 1 && code->interval <= 60);
  FUZZ_CHECK(code->expires_in >= 0 && code->expires_in <= 86400);
  return 0;
}
