// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "common/doctor.h"
#include "common/host.h"

namespace keyberth {

/// Helper::examine for a password store: GnuPG, the store's folder, its recipients, their keys, the passphrase, the
/// logins, git, none of which asks for a passphrase or writes anything; then the round trip, which git does not see.
[[nodiscard]] std::vector<Check> examine_pass(Host& host);

}  // namespace keyberth
