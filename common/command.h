// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/result.h"

namespace keyberth {

/// What a command prints on standard output, and whether all is well: false exits with 1 although the command did its
/// work (`doctor` found a problem).
struct CommandOutput {
  CommandOutput() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): most commands have only a text to say.
  CommandOutput(std::string words, bool is_good = true) : text(std::move(words)), good(is_good) {}

  std::string text;
  bool good = true;
};

/// A command for people, beside the protocol's actions.
struct Command {
  std::string name;      ///< the word on the command line
  std::string synopsis;  ///< its options as --help shows them, such as "[--no-passphrase]"
  std::string summary;   ///< one line for --help
  /// Takes the arguments behind the word.
  std::function<Result<CommandOutput>(const std::vector<std::string>& arguments)> run;
  std::string every_option = {};  ///< for COMMAND --help, the whole of a synopsis that ends in "..."
};

}  // namespace keyberth
