// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "common/result.h"

namespace keyberth::oauth {

/// The system's certificates with a rule's own behind them, both files in PEM form.
[[nodiscard]] Result<std::string> combined_bundle(const std::string& system_file, const std::string& ca_file);

}  // namespace keyberth::oauth
