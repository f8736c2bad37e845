// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "common/host.h"
#include "common/result.h"
#include "common/secret.h"

namespace keyberth {

/// Reads standard input to its end: at most kInputLimit bytes (limit), and without a pause longer than patience(host)
/// (timed_out). Input over the limit is read and dropped first, so that no writer is left with a broken pipe.
[[nodiscard]] Result<Secret> read_standard_input(Host& host);

/// Writes everything to `descriptor`.
[[nodiscard]] Result<> write_output(int descriptor, std::string_view bytes);

}  // namespace keyberth
