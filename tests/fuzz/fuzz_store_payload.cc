// SPDX-License-Identifier: Apache-2.0
// Standard input of `store`. What is accepted must be what `get` prints and reads back unchanged; what is refused must
// have a message of one line.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/protocol.h"
#include "common/utf8.h"
#include "tests/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto credential = keyberth::parse_credential(input);
  if (!credential) {
    FUZZ_CHECK(!credential.error().message.empty() && !keyberth::has_control(credential.error().message));
    return 0;
  }
  FUZZ_CHECK(!credential->server.empty() && !credential->username.empty());
  FUZZ_CHECK(!keyberth::has_control(credential->server) && !keyberth::has_control(credential->username));
  const keyberth::Secret line = keyberth::format_credential(credential->server, *credential);
  FUZZ_CHECK(line.view().ends_with("}\n") && line.view().find('\n') == line.size() - 1);
  const auto again = keyberth::parse_credential(line.view());
  FUZZ_CHECK(again && again->server == credential->server && again->username == credential->username &&
             again->secret.equals(credential->secret));
  return 0;
}
