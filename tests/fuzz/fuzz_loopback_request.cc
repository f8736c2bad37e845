// SPDX-License-Identifier: Apache-2.0
// What anybody on this machine may send to the port where the browser is expected.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "helpers/oauth/net/loopback.h"
#include "tests/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view head(reinterpret_cast<const char*>(data), size);
  const auto request = keyberth::oauth::parse_redirect_request(head, "s3cret");
  FUZZ_CHECK(request.status == 200 || request.status == 400 || request.status == 404 || request.status == 405);
  if (request.status == 200) {
    FUZZ_CHECK(head.starts_with("GET /callback?"));
    FUZZ_CHECK(request.redirect.code.empty() != request.redirect.error.empty());
  } else {
    FUZZ_CHECK(request.redirect.code.empty() && request.redirect.error.empty());
  }
  // A state that nobody was told.
  FUZZ_CHECK(keyberth::oauth::parse_redirect_request(head, "").status != 200);
  return 0;
}
