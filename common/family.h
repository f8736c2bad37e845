// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "common/command.h"
#include "common/doctor.h"
#include "common/host.h"
#include "common/result.h"

namespace keyberth {

struct Helper;

/// What `doctor --store --json` of another helper finds, its texts fit for a terminal. `program` is looked up in PATH
/// unless it has a slash. Its answer may have 256 KiB and take `time_limit`.
/// Errors: those of Host::run, and unavailable for a program that lacks a library or answers anything else.
[[nodiscard]] Result<std::vector<Check>> ask_doctor(Host& host, const std::string& program,
                                                    std::chrono::milliseconds time_limit);

/// Whether a helper of that suffix is one of ours, with the commands for people.
[[nodiscard]] bool is_family(std::string_view suffix);

/// `doctor --all [--json]`: which members of the family would work for this user, here and now. Each is run as a
/// program of its own (`doctor --store --json`), the stores side by side, looked for beside this one and then in
/// PATH, and is stopped when it has not answered in 40 s. A person at a terminal is told who keeps the others waiting.
/// One works that passes `works` of report.h. Not good when none does.
[[nodiscard]] CommandOutput examine_family(const Helper& helper, bool json);

}  // namespace keyberth
