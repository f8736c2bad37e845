// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "common/host.h"

namespace keyberth::oauth {

/// The commands that could open `url` here, best first; none where no browser can open: on a machine that is reached by
/// ssh, without a display, in a build. What BROWSER says (commands between colons, %s for the address) counts anywhere.
[[nodiscard]] std::vector<std::vector<std::string>> browser_commands(const Host& host, const std::string& url);

/// Starts the first of them that is installed, on its own and with nothing of our terminal. False when none is.
[[nodiscard]] bool open_browser(const Host& host, const std::string& url);

}  // namespace keyberth::oauth
