// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "common/doctor.h"

namespace keyberth {

/// The command for a shell whose HOME is not that of its user.
inline constexpr const char* kSetHome = R"sh(export HOME="$(getent passwd "$(id -u)" | cut -d: -f6)")sh";

/// The links between a client and this program: is it the one in PATH, do Docker's and podman's files name it, do the
/// helpers they name exist, do passwords stand in them, whose files are they. Reads only.
[[nodiscard]] std::vector<Check> examine_clients(const Helper& helper);

}  // namespace keyberth
