// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "common/doctor.h"
#include "common/host.h"
#include "helpers/oauth/vault.h"

namespace keyberth::oauth {

/// What is to be said about a vault: the notes and problems of its own `doctor --store`, where it is one of this
/// family; of any other, why its `list` fails. Empty when all is well.
[[nodiscard]] std::vector<Check> examine_vault(Host& host, Vault& vault);

}  // namespace keyberth::oauth
