// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "common/client_files.h"
#include "common/docker_config.h"
#include "common/doctor.h"

namespace keyberth {

/// The logins that stand in a file in plain text: which command moves them, and which have to stay. No command here
/// takes away a login that works and is kept nowhere else. `store_works`: as for examine_clients.
[[nodiscard]] std::vector<Check> examine_plain(const Helper& helper, const ClientFile& file, const HelperNames& names,
                                               std::string_view text, bool store_works);

}  // namespace keyberth
