// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "common/host.h"
#include "common/result.h"

namespace keyberth {

/// Where the D-Bus session bus of this session listens: DBUS_SESSION_BUS_ADDRESS, or else the socket "bus" in
/// XDG_RUNTIME_DIR or /run/user/UID. unavailable when there is none: we never start a bus, because a keyring on it
/// would be another than the user's, and would stay behind.
[[nodiscard]] Result<std::string> session_bus_address(const Host& host);

/// What to do about a missing or dead session bus. That of the user's desktop is named when it answers within a second.
[[nodiscard]] std::string no_bus_hint(const Host& host);

}  // namespace keyberth
