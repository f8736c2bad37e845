// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/result.h"
#include "common/secret.h"

namespace keyberth {

/// A program to run. Never through a shell.
struct ProcessRequest {
  /// argv; the first is looked up in PATH unless it has a slash. Secrets must not be here, nor in `environment`.
  std::vector<std::string> arguments;
  /// Set in the child on top of our own environment.
  std::vector<std::pair<std::string, std::string>> environment;
  /// Variables of our environment that the child does not get.
  std::vector<std::string> hidden;
  /// Standard input, complete before the child starts, so that a dying parent can never leave it half an input.
  std::string_view input;
  /// Working directory; empty keeps ours.
  std::string directory;
  /// Give the child a pipe on descriptor 3 and collect what it writes there (gpg's --status-fd).
  bool with_status = false;
  /// Let the child read our standard input (`input` is then ignored) and write to our standard error: for programs that
  /// talk with the person at the terminal. Standard output is collected all the same.
  bool interactive = false;
  /// The child goes on to its end when we are killed: for programs that leave something half done (git its locks).
  /// Otherwise it ends with us.
  bool outlives_us = false;
  /// The same, and more: the child has a session of its own and is never killed, not even when `time_limit` has passed;
  /// then nobody reads what it still writes.
  bool detached = false;
  /// More output than this, on any of its descriptors, ends the child with ErrorKind::limit.
  std::size_t output_limit = std::size_t{4} * 1024 * 1024;
  /// The child and what it started are killed when this has passed (unless detached): ErrorKind::timed_out.
  std::chrono::milliseconds time_limit = std::chrono::seconds(10);
};

struct ProcessResult {
  int exit_code = -1;  ///< -1 when a signal ended it
  Secret output;       ///< standard output
  std::string errors;  ///< standard error; untrusted text, empty for an interactive process
  std::string status;  ///< descriptor 3, when asked for
};

/// The only door to the outside world besides files (common/files.h): environment, clocks, terminal, processes, log.
/// Unit tests put a fake in its place.
class Host {
 public:
  using Clock = std::chrono::steady_clock;

  Host() = default;
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  Host(Host&&) = delete;
  Host& operator=(Host&&) = delete;
  virtual ~Host() = default;

  /// Value of an environment variable; nothing when it is unset or empty.
  [[nodiscard]] virtual std::optional<std::string> env(const std::string& name) const = 0;

  /// Monotonic time, for deadlines.
  [[nodiscard]] virtual Clock::time_point now() const = 0;
  virtual void sleep_until(Clock::time_point when) = 0;

  [[nodiscard]] virtual bool is_terminal(int descriptor) const = 0;
  /// Path of the controlling terminal, such as /dev/pts/3, whatever standard input and output are; nothing without one.
  [[nodiscard]] virtual std::optional<std::string> terminal() const = 0;

  /// Runs a program to its end. The error says that it could not be started (unavailable), took too long (timed_out) or
  /// wrote too much (limit); a program that ran and failed is a ProcessResult with its exit code.
  [[nodiscard]] virtual Result<ProcessResult> run(const ProcessRequest& request) = 0;

  /// One line for DOCKER_CREDENTIAL_LOG=debug, on standard error. Never a secret.
  virtual void debug(std::string_view line) = 0;

  /// One line on standard error for a person who waits; nothing where that is no terminal. Never a secret.
  virtual void tell(std::string_view line) = 0;
};

/// How long to wait for a person (a passphrase, an unlock dialog): DOCKER_CREDENTIAL_TIMEOUT in whole seconds from 1 to
/// 3600, else 60. Waits for programs have shorter limits of their own.
[[nodiscard]] std::chrono::seconds patience(const Host& host);

/// The real one.
class RealHost final : public Host {
 public:
  RealHost();

  [[nodiscard]] std::optional<std::string> env(const std::string& name) const override;
  [[nodiscard]] Clock::time_point now() const override;
  void sleep_until(Clock::time_point when) override;
  [[nodiscard]] bool is_terminal(int descriptor) const override;
  [[nodiscard]] std::optional<std::string> terminal() const override;
  [[nodiscard]] Result<ProcessResult> run(const ProcessRequest& request) override;
  void debug(std::string_view line) override;
  void tell(std::string_view line) override;

 private:
  bool debug_;
};

}  // namespace keyberth
