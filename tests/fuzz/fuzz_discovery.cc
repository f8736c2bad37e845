// SPDX-License-Identifier: Apache-2.0
// A provider's metadata: whatever is in it, no endpoint comes out that may not be used.
#include <cstddef>
#include <cstdint>
#include <string>

#include "common/utf8.h"
#include "helpers/oauth/net/answers.h"
#include "tests/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace keyberth;
  oauth::Rule rule;
  rule.issuer = "https://id.example";
  const auto metadata =
      oauth::parse_metadata({reinterpret_cast<const char*>(data), size}, rule, {"id.example", "c", "r"});
  if (!metadata) {
    FUZZ_CHECK(!has_control(metadata.error().message) && is_utf8(metadata.error().message));
    return 0;
  }
  FUZZ_CHECK(metadata->issuer == rule.issuer);
  for (const std::string& endpoint : {metadata->authorization_endpoint, metadata->token_endpoint,
                                      metadata->device_authorization_endpoint, metadata->revocation_endpoint}) {
    FUZZ_CHECK(endpoint.empty() || oauth::check_endpoint(endpoint, false).has_value());
  }
  return 0;
}
