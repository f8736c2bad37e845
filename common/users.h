// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace keyberth {

/// The login name of a user id (getpwuid(3)); nothing for an id without a name, which containers are full of.
[[nodiscard]] std::optional<std::string> user_name(uid_t id);

/// The home folder that the system's list of users gives a user id; nothing for an id that is not in it.
[[nodiscard]] std::optional<std::string> user_home(uid_t id);

/// A name fit for a message: "alice", "the user id 1000".
[[nodiscard]] std::string describe_user(uid_t id);

/// The command that gives a path, and what is below it, to whoever runs the shell around it. Only root may run it.
[[nodiscard]] std::string chown_command(const std::string& path);

}  // namespace keyberth
