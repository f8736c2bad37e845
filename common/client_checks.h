// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "common/doctor.h"

namespace keyberth {

struct ClientChecks {
  std::vector<Check> checks;
  bool elsewhere = false;  ///< clients keep their logins with another helper, which works, and none with this one
};

/// The files by which clients find this program: do Docker's and podman's name it, do the helpers they name work, do
/// passwords stand in them, whose are they. Reads only. Where this helper's own store does not work yet
/// (`store_works`), no command leads clients to it without saying so.
[[nodiscard]] ClientChecks examine_clients(const Helper& helper, bool store_works);

}  // namespace keyberth
