// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/doctor.h"
#include "common/host.h"
#include "helpers/oauth/vault.h"

namespace keyberth::oauth {

/// What is to be said about a vault: the notes and problems of its own `doctor --store`, where it is one of this
/// family; of any other, why its `list` fails. Empty when all is well.
[[nodiscard]] std::vector<Check> examine_vault(Host& host, Vault& vault);

/// The answer of `docker-credential-NAME doctor --store --json`, read strictly, all texts fit for a terminal; nothing
/// when it is something else. For examine_vault and the tests.
[[nodiscard]] std::optional<std::vector<Check>> parse_checks(std::string_view text);

}  // namespace keyberth::oauth
