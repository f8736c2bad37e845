// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/command.h"

namespace keyberth {

struct Helper;

/// `doctor --all [--json]`: which members of the family would work for this user, here and now. Each is run as a
/// program of its own (`doctor --store --json`), looked for beside this one and then in PATH, and is stopped when it
/// has not answered in 40 s. Not good when none would work.
[[nodiscard]] CommandOutput examine_family(const Helper& helper, bool json);

}  // namespace keyberth
