// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "common/doctor.h"
#include "common/host.h"
#include "helpers/pass/gpg.h"

namespace keyberth {

/// For `doctor`: what is wrong with the logins of a store, one check for each kind of trouble. With `can_read`, tries
/// to decrypt them as long as that goes without asking, for a few seconds.
[[nodiscard]] std::vector<Check> examine_entries(Host& host, Gpg& gpg, const std::string& store, bool can_read);

}  // namespace keyberth
