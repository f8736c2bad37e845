// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "common/client_files.h"
#include "common/doctor.h"
#include "common/host.h"
#include "common/result.h"

namespace keyberth {

/// The command that opens the file in an editor that is there.
[[nodiscard]] std::string edit_command(const Host& host, const std::string& path);

/// Why this user's clients cannot read the file or this program not change it: owner, kind, text, types of its
/// settings. `text` is what read_config_file said. Nothing when all is well. What is not below HOME is never to be
/// moved or given to another owner: there the variable is to blame that leads to it.
[[nodiscard]] std::optional<Check> examine_file(const Host& host, const ClientFile& file,
                                                const Result<std::string>& text);

}  // namespace keyberth
