// SPDX-License-Identifier: Apache-2.0
// Any text as Docker's config.json: what is accepted is still JSON afterwards, says what it was told, and can be
// undone.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/docker_config.h"
#include "common/json.h"
#include "tests/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  for (const char* registry : {"", "registry.example.com"}) {
    const keyberth::HelperSetting setting{registry, "oauth"};
    const auto edited = keyberth::edit_docker_config(text, setting);
    FUZZ_CHECK(edited.has_value() == keyberth::configured_helper(text, registry).has_value());
    if (!edited) {
      continue;
    }
    FUZZ_CHECK(keyberth::is_json(*edited));
    FUZZ_CHECK(keyberth::configured_helper(*edited, registry).value() == "oauth");
    FUZZ_CHECK(keyberth::edit_docker_config(*edited, setting).value() == *edited);
    const auto undone = keyberth::edit_docker_config(*edited, {registry, "oauth", true});
    FUZZ_CHECK(undone && keyberth::is_json(*undone));
    FUZZ_CHECK(keyberth::configured_helper(*undone, registry).value().empty());
  }
  return 0;
}
