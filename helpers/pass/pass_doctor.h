// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "common/doctor.h"
#include "common/host.h"

namespace keyberth {

/// Helper::examine for a password store: GnuPG, the store's folder, its recipients, their keys, the passphrase, the
/// logins, git. Asks for no passphrase and writes nothing; takes some seconds at most.
[[nodiscard]] std::vector<Check> examine_pass(Host& host);

}  // namespace keyberth
