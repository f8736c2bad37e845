// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/client_files.h"
#include "common/doctor.h"
#include "common/host.h"
#include "common/result.h"

namespace keyberth {

/// The command that opens the file in an editor that is there.
[[nodiscard]] std::string edit_command(const Host& host, const std::string& path);

/// The same as advice, for what only a person can do: `what` says so, as in "Take that entry out".
[[nodiscard]] std::string edit_to(const Host& host, const std::string& path, const std::string& what);
[[nodiscard]] std::string mend_by_hand(const Host& host, const std::string& path);

/// Why this user's clients cannot read the file or this program not change it: owner, kind, text, types of its
/// settings. `text` is what read_config_file said. Nothing when all is well. What is not below HOME is never to be
/// moved or given to another owner: there the variable is to blame that leads to it.
[[nodiscard]] std::optional<Check> examine_file(const Host& host, const ClientFile& file,
                                                const Result<std::string>& text);

/// With a problem among the checks of a file that mending it would change: what stands in the way of that comes first.
void examine_change(const Host& host, const ClientFile& file, std::vector<Check>& checks);

}  // namespace keyberth
