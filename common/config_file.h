// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "common/host.h"
#include "common/result.h"

/// Changing a configuration file that belongs to another program.
namespace keyberth {

/// Takes the file's text, gives the new one.
using FileEdit = std::function<Result<std::string>(std::string_view text)>;

/// Where a file of that name really is, for a rename must not replace the link to it.
[[nodiscard]] std::string target_of(const std::string& path);

/// Changes the file in one step, under a lock among our own programs, following a symbolic link; mode and owner stay. A
/// missing file is empty text, and is made with its folder. True when it was changed. Errors of `edit` go through
/// about_file; what replace_trouble foresees is told before anything is made.
[[nodiscard]] Result<bool> edit_file(Host& host, const std::string& path, const FileEdit& edit);

/// A bad_input that speaks of "it" gets the file's name.
[[nodiscard]] Error about_file(Error error, const std::string& path);

/// The text of such a file, at most 16 MiB; empty when it is not there.
[[nodiscard]] Result<std::string> read_config_file(const std::string& path);

}  // namespace keyberth
