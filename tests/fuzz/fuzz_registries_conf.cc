// SPDX-License-Identifier: Apache-2.0
// Any text as a registries.conf: the reading ends, a comment in front changes nothing, and in a table nothing is found.
#include <cstddef>
#include <cstdint>
#include <string>

#include "common/registries_conf.h"
#include "tests/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto found = keyberth::credential_helpers(text);
  const auto commented = keyberth::credential_helpers("# [ \" '\n" + text);
  FUZZ_CHECK(found.has_value() == commented.has_value());
  FUZZ_CHECK(!found || *found == *commented);
  const auto in_table = keyberth::credential_helpers("[aliases]\n" + text);
  FUZZ_CHECK(!in_table || !*in_table);
  return 0;
}
