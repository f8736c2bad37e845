// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "common/host.h"
#include "helpers/oauth/config.h"

namespace keyberth::oauth {

/// Whether a `get` may ask the person at the terminal to log in: only if the configuration says "tty", the terminal is
/// there and this process runs in its foreground, and no variable of a build service is set.
[[nodiscard]] bool may_ask(const Host& host, const Config& config);

/// Runs the login of `registry` with the terminal as its standard input and standard error, two minutes at most. When
/// another process is asking for the same session already, waits for its end instead; when one has asked just before,
/// as `is_logged_in` tells, asks nobody. False when nobody logged in.
[[nodiscard]] bool log_in_at_terminal(Host& host, const std::string& net_program, const std::string& key,
                                      const std::string& registry, const std::function<bool()>& is_logged_in);

}  // namespace keyberth::oauth
