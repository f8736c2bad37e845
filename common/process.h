// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/host.h"

namespace keyberth {

/// RealHost::run: see Host::run for what goes in and out. `search_path` is the value of PATH.
[[nodiscard]] Result<ProcessResult> run_process(const ProcessRequest& request, const std::string& search_path);

}  // namespace keyberth
