// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "common/doctor.h"
#include "common/host.h"

namespace keyberth {

/// Helper::examine for the kernel keyring: may it be used here, is there room for another login, until when are logins
/// kept, who reaches them, and are they whole. Like every use, this starts the time until they are dropped anew.
[[nodiscard]] std::vector<Check> examine_keyctl(Host& host);

}  // namespace keyberth
