// SPDX-License-Identifier: Apache-2.0
// Standard input of `get` and `erase`, and the aliases that follow from it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/protocol.h"
#include "common/server_key.h"
#include "common/utf8.h"
#include "tests/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto server = keyberth::parse_server({reinterpret_cast<const char*>(data), size});
  if (!server) {
    return 0;
  }
  FUZZ_CHECK(keyberth::is_utf8(*server) && !keyberth::has_control(*server));
  const auto keys = keyberth::lookup_keys(*server);
  FUZZ_CHECK(!keys.empty() && keys.front() == *server && keys.size() < 200);
  const bool plain_http = server->starts_with("http://");
  for (std::size_t i = 1; i < keys.size(); ++i) {
    FUZZ_CHECK(keys[i].starts_with("http://") == plain_http);
    FUZZ_CHECK(!keyberth::is_private(keys[i]) && !keys[i].empty());
    FUZZ_CHECK(std::count(keys.begin(), keys.end(), keys[i]) == 1);
  }
  for (const std::string& key : keyberth::erase_keys(*server)) {
    FUZZ_CHECK(key == *server || key.find("docker.io") != std::string::npos);
  }
  return 0;
}
