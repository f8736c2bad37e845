// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string_view>

#include "common/host.h"
#include "common/result.h"
#include "common/secret.h"

namespace keyberth {

/// Reads standard input to its end: at most kInputLimit bytes (limit), within patience(host) (timed_out). Input over
/// the limit is read and dropped first, so that no writer is left with a broken pipe.
[[nodiscard]] Result<Secret> read_standard_input(Host& host);

/// Writes everything to `descriptor`, within `limit` (timed_out): a caller that does not read must not keep us for
/// ever.
[[nodiscard]] Result<> write_output(int descriptor, std::string_view bytes,
                                    std::chrono::seconds limit = std::chrono::seconds(60));

}  // namespace keyberth
