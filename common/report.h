// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "common/doctor.h"

/// What `doctor` says, as text for people and as JSON for scripts and for `doctor --all`.
namespace keyberth {

struct Report {
  std::string helper;   ///< docker-credential-NAME
  std::string version;  ///< "0.1.0"
  std::vector<Check> checks;
};

/// No check is a problem.
[[nodiscard]] bool all_well(const std::vector<Check>& checks);

/// Whether a store keeps logins and finds them, by its own checks: the round trip was made, or a note says why it was
/// not tried. A problem of single logins is none of the store.
[[nodiscard]] bool works(const std::vector<Check>& checks);

/// A line for each check, what mends it beneath, and a last line with the outcome. `colour`: with terminal colours.
[[nodiscard]] std::string report_text(const Report& report, bool colour);

/// One line:
/// {"ok":true,"helper":"...","version":"...","checks":[{"link":"...","state":"ok|note|problem","finding":"...",
/// "remedy":["..."]}]}.
[[nodiscard]] std::string report_json(const Report& report);

}  // namespace keyberth
