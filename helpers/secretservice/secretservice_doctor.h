// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "common/doctor.h"
#include "common/host.h"

namespace keyberth {

/// Helper::examine: session bus, provider, encryption, default keyring, and the logins in it. Prompts nobody; a
/// provider that is installed but does not run is started by the bus, as by any request. The longest wait is that for a
/// provider which hangs, ten seconds. What would need a dialog is a note where one can be shown, and a problem
/// elsewhere.
[[nodiscard]] std::vector<Check> examine_secret_service(Host& host);

}  // namespace keyberth
