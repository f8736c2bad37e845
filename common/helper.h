// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/host.h"
#include "common/store.h"

namespace keyberth {

/// A command for people, beside the protocol's actions.
struct Command {
  std::string name;      ///< the word on the command line
  std::string synopsis;  ///< its options as --help shows them, such as "[--no-passphrase]"
  std::string summary;   ///< one line for --help
  /// Takes the arguments behind the word. What it returns is printed on standard output.
  std::function<Result<std::string>(const std::vector<std::string>& arguments)> run;
};

/// Everything that makes one helper different from another.
struct Helper {
  std::string name;     ///< the program's name, docker-credential-NAME
  std::string summary;  ///< one line for --help: where credentials go
  Store& store;
  Host& host;
  std::vector<Command> commands;
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
