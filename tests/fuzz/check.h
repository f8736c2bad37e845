// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>

/// Ends the process when a property does not hold; assert() would be compiled out of optimised builds.
#define FUZZ_CHECK(condition) \
  do {                        \
    if (!(condition)) {       \
      std::abort();           \
    }                         \
  } while (false)
