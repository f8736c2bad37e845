// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "common/result.h"

/// What stands in the way of writing, foreseen. Looks only. The hint has words on unindented lines and commands on
/// indented ones, or a command alone.
namespace keyberth {

/// The command for whom may do it: with sudo, except for root.
[[nodiscard]] std::string as_root(const std::string& command);

/// The disk with this folder is mounted read-only, or is full: a few blocks are needed.
[[nodiscard]] std::optional<Error> disk_trouble(const std::string& folder);

/// Why this user cannot put a new file in the place of `path` (replace_file), or make it with its folder: the disk, the
/// rights of the folder, the flag "immutable" (chattr(1)), or the file is mounted by itself. A link is followed.
[[nodiscard]] std::optional<Error> replace_trouble(const std::string& path);

}  // namespace keyberth
