// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <utility>

#include "common/files.h"
#include "common/host.h"
#include "common/result.h"

namespace keyberth {

/// One question for a passphrase at a time among the processes of a user (docker compose pulls many images at once),
/// and none that somebody has just cancelled in another of them.
///
/// Works through two files in runtime_folder. Without that folder nobody waits: better several questions than none.
class PromptTurn {
 public:
  /// From now on was_cancelled notices.
  explicit PromptTurn(Host& host);

  /// Waits until no other process asks, for patience(host) at most: timed_out.
  [[nodiscard]] Result<> wait();

  /// Whether another process was refused since this object was made.
  [[nodiscard]] bool was_cancelled() const { return cancel_time() != cancel_time_before_; }

  /// Tells those that wait that somebody was asked and did not want to, or was not there.
  void cancel() const;

 private:
  using Time = std::pair<std::time_t, long>;
  [[nodiscard]] Time cancel_time() const;

  Host& host_;
  std::string folder_;  ///< empty without one
  Time cancel_time_before_;
  std::optional<FileLock> lock_;
};

}  // namespace keyberth
