// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "common/host.h"

namespace keyberth {

/// Path of a program as execvp would find it: `name` itself when it has a slash, else the first executable of that name
/// in `search_path` (the value of PATH). Empty when there is none.
[[nodiscard]] std::string find_program(const std::string& name, const std::string& search_path);

/// The same with the PATH that programs are run with.
[[nodiscard]] std::string find_program(const Host& host, const std::string& name);

/// The value of PATH, or a usual one when it is not set.
[[nodiscard]] std::string search_path(const Host& host);

/// RealHost::run: see Host::run for what goes in and out. `search_path` is the value of PATH.
[[nodiscard]] Result<ProcessResult> run_process(const ProcessRequest& request, const std::string& search_path);

}  // namespace keyberth
