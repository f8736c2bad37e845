// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "common/host.h"
#include "common/result.h"

/// Where the configuration is, and whether to trust it.
namespace keyberth::oauth {

/// Below $XDG_CONFIG_HOME, ~/.config by default. Empty without a home.
[[nodiscard]] std::string user_file(const Host& host);

/// The first that is there below $XDG_CONFIG_DIRS, else the one below /etc.
[[nodiscard]] std::string system_file(const Host& host);

/// denied when others than its owner could have written the file, or its owner is neither the user nor root: a
/// configuration decides where tokens go.
[[nodiscard]] Result<> check_owner(const std::string& path);

/// Whether user_file can be made or changed, found out without doing so. The error's hint is the command that mends it,
/// where this user can: nothing outside of the home folder is given to another owner.
[[nodiscard]] Result<> check_writable(const Host& host);

}  // namespace keyberth::oauth
