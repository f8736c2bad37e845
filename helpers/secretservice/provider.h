// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace keyberth {

/// What people call the program behind the Secret Service, from its process name (/proc/PID/comm, untrusted): "GNOME
/// Keyring", "KeePassXC", "KWallet"; of others the process name itself. "the keyring service" when it is empty.
[[nodiscard]] std::string provider_name(std::string_view comm);

/// How to unlock `provider` (a result of provider_name) so that the next call needs to ask nobody. `has_screen` says
/// whether it could show a dialog in this session.
[[nodiscard]] std::string unlock_hint(std::string_view provider, bool has_screen);

/// How to make a default keyring where there is none.
[[nodiscard]] std::string create_hint(std::string_view provider, bool has_screen);

/// `text` with its first letter in upper case, for a name at the start of a sentence.
[[nodiscard]] std::string capitalized(std::string text);

}  // namespace keyberth
