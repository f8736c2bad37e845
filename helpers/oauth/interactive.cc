// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/interactive.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "common/files.h"
#include "helpers/oauth/session_lock.h"

namespace keyberth::oauth {
namespace {

constexpr std::chrono::minutes kPatience{2};

Fd open_terminal() { return Fd(open("/dev/tty", O_RDWR | O_CLOEXEC)); }

bool is_build_service(const Host& host) {
  constexpr std::array<const char*, 9> kVariables{"CI",        "GITHUB_ACTIONS", "GITLAB_CI",
                                                  "BUILD_ID",  "TF_BUILD",       "JENKINS_URL",
                                                  "BUILDKITE", "CIRCLECI",       "TEAMCITY_VERSION"};
  return std::any_of(kVariables.begin(), kVariables.end(),
                     [&](const char* name) { return host.env(name).has_value(); });
}

/// While it lives, a descriptor of ours is the terminal: standard input is the client's request, and standard error may
/// be captured.
class OnTerminal {
 public:
  OnTerminal(int descriptor, const Fd& terminal)
      : descriptor_(descriptor), former_(fcntl(descriptor, F_DUPFD_CLOEXEC, 10)) {
    (void)dup2(terminal.get(), descriptor_);
  }
  OnTerminal(const OnTerminal&) = delete;
  OnTerminal& operator=(const OnTerminal&) = delete;
  OnTerminal(OnTerminal&&) = delete;
  OnTerminal& operator=(OnTerminal&&) = delete;
  ~OnTerminal() { (void)dup2(former_.get(), descriptor_); }

 private:
  int descriptor_;
  Fd former_;
};

}  // namespace

bool may_ask(const Host& host, const Config& config) {
  if (config.interactive != Interactive::tty || is_build_service(host)) {
    return false;
  }
  const Fd terminal = open_terminal();
  return terminal.is_open() && tcgetpgrp(terminal.get()) == getpgrp();
}

bool log_in_at_terminal(Host& host, const std::string& net_program, const std::string& key, const std::string& registry,
                        const std::function<bool()>& is_logged_in) {
  const std::string turn = key + "/prompt";
  const Result<FileLock> lock = lock_session(host, turn, std::chrono::milliseconds(0));
  if (!lock) {
    host.debug("get: another process asks for a login to " + registry);
    return lock.error().kind == ErrorKind::timed_out && lock_session(host, turn, kPatience).has_value();
  }
  // Between our look at the vault and our turn somebody may have logged in, and let go of the turn again.
  if (is_logged_in()) {
    return true;
  }
  const Fd terminal = open_terminal();
  if (!terminal.is_open()) {
    return false;
  }
  const OnTerminal input(STDIN_FILENO, terminal);
  const OnTerminal errors(STDERR_FILENO, terminal);
  ProcessRequest request;
  request.arguments = {net_program, "login", registry};
  request.interactive = true;
  request.time_limit = kPatience;
  const Result<ProcessResult> done = host.run(request);
  if (!done) {
    host.debug("get: " + done.error().message);
  }
  return done && done->exit_code == 0;
}

}  // namespace keyberth::oauth
