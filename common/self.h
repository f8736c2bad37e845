// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace keyberth {

/// Path of the running program, links resolved; empty when the system does not tell.
[[nodiscard]] std::string own_path();

/// The folder it is in, where other parts of the family are installed too.
[[nodiscard]] std::string own_folder();

/// The command that installs another program of the family, in the folder with the packages: no distribution has them.
[[nodiscard]] std::string install_command(const std::string& program);

}  // namespace keyberth
