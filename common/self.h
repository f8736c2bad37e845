// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace keyberth {

/// Path of the running program, links resolved; empty when the system does not tell.
[[nodiscard]] std::string own_path();

/// The folder it is in, where other parts of the family are installed too.
[[nodiscard]] std::string own_folder();

}  // namespace keyberth
