// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "common/files.h"
#include "common/host.h"
#include "common/result.h"

namespace keyberth {

/// Waits until no other helper of this user is at `work` (a word for the lock's file name), for up to patience(host).
/// The turn ends with the value. Where there is no private folder for locks it is nothing, and nobody waits.
[[nodiscard]] inline Result<std::optional<FileLock>> wait_for_turn(Host& host, const std::string& work) {
  const auto folder = runtime_folder(host);
  if (!folder) {
    host.debug("no turns: " + folder.error().message);
    return std::nullopt;
  }
  auto lock = FileLock::acquire(host, *folder + "/keyberth-secretservice-" + work + ".lock", patience(host));
  if (!lock) {
    return pass_on(std::move(lock));
  }
  return std::optional<FileLock>(*std::move(lock));
}

}  // namespace keyberth
