// SPDX-License-Identifier: Apache-2.0
// Any text as a file with logins in plain text: taking the secrets of all servers away leaves JSON without any of them,
// and nothing that is found is left out.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/json.h"
#include "common/plain_logins.h"
#include "tests/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto logins = keyberth::plain_logins(text);
  if (!logins) {
    return 0;
  }
  std::vector<std::string> servers;
  for (const auto& login : *logins) {
    servers.push_back(login.credential.server);
  }
  const auto emptied = keyberth::without_plain_logins(text, servers);
  if (!emptied) {  // a server that is there twice: the text stays as it is
    return 0;
  }
  FUZZ_CHECK(servers.empty() ? *emptied == text : keyberth::is_json(*emptied));
  const auto left = keyberth::plain_logins(*emptied);
  FUZZ_CHECK(left && left->empty());
  FUZZ_CHECK(servers.empty() || keyberth::knows_servers(*emptied));
  return 0;
}
