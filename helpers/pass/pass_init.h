// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "common/host.h"
#include "common/result.h"

namespace keyberth {

/// The command `init [--no-passphrase]`: from an empty account to a password store that works. Takes a usable GPG key
/// that is there, else makes one; proves that a message can be encrypted and read back; then writes .gpg-id.
///
/// Returns the text for the user. usage for wrong arguments; bad_input when there is a store already, which is left
/// alone. After any failure nothing new is left, neither key nor folder.
[[nodiscard]] Result<std::string> pass_init(Host& host, const std::vector<std::string>& arguments);

}  // namespace keyberth
