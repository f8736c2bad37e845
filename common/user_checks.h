// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "common/doctor.h"

namespace keyberth {

/// The command for a shell whose HOME is not that of its user.
inline constexpr const char* kSetHome = R"sh(export HOME="$(getent passwd "$(id -u)" | cut -d: -f6)")sh";

/// Why nothing can be kept below HOME: it is not there and cannot be made, is on a read-only disk, or does not let this
/// user write. The hint is the command that sets it, if there is one.
[[nodiscard]] std::optional<Error> unusable_home(const Host& host);

/// Whether this helper is the program that clients find: docker looks in PATH, and takes the first. Reads only.
[[nodiscard]] Check examine_program(const Helper& helper);

/// Who asks: is HOME set, and the user's own; sudo. Empty when there is nothing to say. With a problem, whatever else
/// is looked at is not what this user has. Reads only.
[[nodiscard]] std::vector<Check> examine_user(const Host& host);

}  // namespace keyberth
