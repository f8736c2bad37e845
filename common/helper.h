// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/command.h"
#include "common/doctor.h"
#include "common/host.h"
#include "common/store.h"

namespace keyberth {

/// Everything that makes one helper different from another.
struct Helper {
  std::string name;     ///< the program's name, docker-credential-NAME
  std::string summary;  ///< one line for --help: where credentials go
  Store& store;
  Host& host;
  /// Besides configure, doctor and migrate, which every helper has.
  std::vector<Command> commands = {};
  /// The backend's own links for `doctor`, in the order a request passes them, ending with the first that hides the
  /// rest: is the daemon, the key, the quota there, unlocked, healthy. Looks only: never prompts, unlocks or changes.
  std::function<std::vector<Check>()> examine = {};
  /// Why podman does not get what the store has, although it asks this helper; empty when it does.
  std::function<std::string()> beyond_podman = [] { return std::string(); };
  /// Whether other processes of the user may look at this one (prctl PR_SET_DUMPABLE). False hides memory from
  /// debuggers; the Secret Service helper needs true, because KeePassXC names its caller by the link /proc/PID/exe.
  bool dumpable = false;
};

/// Runs one invocation from argv and standard input to standard output and exit code: hardens the process, speaks the
/// credential-helper protocol around the store, and is the only place that prints.
///
/// Returns 0 or 1 for the protocol's actions, and for commands 0, 1 (failed) or 2 (wrong usage).
[[nodiscard]] int run_helper(const Helper& helper, int argc, char** argv) noexcept;

}  // namespace keyberth
