// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.h"

namespace keyberth {

/// What to do where no keyring service can be had; commands of the family are in it.
inline constexpr std::string_view kWithoutDesktop =
    "On a machine without a desktop, see which other store works here and how to take it:\n"
    "  docker-credential-secretservice doctor --all";

inline constexpr std::string_view kKWallet = "KWallet";

/// What people call the program behind the Secret Service, from its process name (/proc/PID/comm, untrusted): "GNOME
/// Keyring", "KeePassXC", "KWallet"; of others the process name itself. "the keyring service" when it is empty.
[[nodiscard]] std::string provider_name(std::string_view comm);

/// Names on the session bus that programs have which could provide the Secret Service, whether they do so or not.
inline constexpr const char* kKeePassXCName = "org.keepassxc.KeePassXC.MainWindow";
inline constexpr const char* kIdleNames[] = {kKeePassXCName, "org.kde.kwalletd5", "org.kde.kwalletd6"};

/// The error when nobody provides it. `idle` is the one of kIdleNames that is on the bus, or empty.
[[nodiscard]] Error no_provider(std::string_view idle);

/// The error when one is installed and does not start; `text` is what the bus says.
[[nodiscard]] Error no_start(const std::string& text);

/// The error when it was started and is not ready within `limit`.
[[nodiscard]] Error slow_start(std::chrono::seconds limit);

/// The error when `provider` answers nothing, not even a ping. `pid` is its process, 0 when that is not known.
[[nodiscard]] Error stuck(std::string_view provider, std::uint32_t pid);

/// The error when `provider` answers pings, but not the call.
[[nodiscard]] Error busy(std::string_view provider, std::chrono::seconds limit);

/// The errors when a prompt of `provider` was not answered by anybody, and when `provider` ended meanwhile.
[[nodiscard]] Error prompt_unanswered(std::string_view provider, std::chrono::seconds limit);
[[nodiscard]] Error prompt_vanished(std::string_view provider);

/// Whether a D-Bus error of this name says that nobody has the name that was called.
[[nodiscard]] bool is_nobody(std::string_view name);

/// The error when `provider` answers a call with the D-Bus error `name`, and `text` for people.
[[nodiscard]] Error call_failed(std::string_view provider, std::string_view name, const std::string& text,
                                bool has_screen);

/// How to unlock `provider` (a result of provider_name) so that the next call needs to ask nobody. `has_screen` says
/// whether it could show a dialog in this session.
[[nodiscard]] std::string unlock_hint(std::string_view provider, bool has_screen);

/// How to make a default keyring where there is none.
[[nodiscard]] std::string create_hint(std::string_view provider, bool has_screen);

/// What to do about single items that `provider` keeps locked in an open keyring; `server` is the one of the first.
[[nodiscard]] std::string item_hint(std::string_view provider, std::string_view server);

/// What to do when something is locked and hidden although the default keyring is open.
[[nodiscard]] std::string hidden_hint();

/// What `provider` lacks when it takes secrets unencrypted only; empty when that is not known.
[[nodiscard]] std::string encryption_hint(std::string_view provider);

/// `text` with its first letter in upper case, for a name at the start of a sentence.
[[nodiscard]] std::string capitalized(std::string text);

}  // namespace keyberth
