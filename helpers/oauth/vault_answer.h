// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "common/credential.h"
#include "common/result.h"
#include "common/store.h"

/// What another helper prints, read strictly; pure functions for the tests and the fuzzer.
namespace keyberth::oauth {

[[nodiscard]] Result<Credential> parse_vault_credential(std::string_view text);
[[nodiscard]] Result<std::vector<Entry>> parse_vault_list(std::string_view text);

}  // namespace keyberth::oauth
