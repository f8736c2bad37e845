// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "common/result.h"

namespace keyberth::oauth {

/// The path of docker-credential-oauth-net, the part that talks to servers: beside our own executable, or in
/// ../libexec/keyberth. Never looked up in PATH. unavailable when it is not installed.
[[nodiscard]] Result<std::string> net_program();

/// The same for an executable at `self`.
[[nodiscard]] Result<std::string> net_program_beside(const std::string& self);

}  // namespace keyberth::oauth
