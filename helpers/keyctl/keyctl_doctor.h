// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "common/doctor.h"
#include "common/host.h"

namespace keyberth {

/// Helper::examine for the kernel keyring: may it be used here, is there room for another login, until when are logins
/// kept, who reaches them, and are they whole. Like every use, this starts the time until they are dropped anew.
[[nodiscard]] std::vector<Check> examine_keyctl(Host& host);

/// Helper::beyond_podman: it starts its helpers in the user namespace that it makes for everybody but root, and that
/// has keyrings of its own.
[[nodiscard]] std::string beyond_podman(const Host& host);

}  // namespace keyberth
