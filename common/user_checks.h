// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "common/doctor.h"

namespace keyberth {

/// The command for a shell whose HOME is not that of its user.
inline constexpr const char* kSetHome = R"sh(export HOME="$(getent passwd "$(id -u)" | cut -d: -f6)")sh";

/// Who asks, and for which program: is this helper the one that clients find in PATH, is HOME the user's own, is
/// DOCKER_CONFIG a folder. Reads only.
[[nodiscard]] std::vector<Check> examine_user(const Helper& helper);

}  // namespace keyberth
