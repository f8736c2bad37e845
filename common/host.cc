// SPDX-License-Identifier: Apache-2.0
#include "common/host.h"

#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "common/process.h"
#include "common/protocol.h"

namespace keyberth {
namespace {

constexpr std::size_t kLogLineLimit = 1000;

/// The tty_nr of /proc/self/stat (proc(5)): the device number of the controlling terminal, 0 without one.
unsigned terminal_device() {
  std::ifstream file("/proc/self/stat");
  std::string text;
  std::getline(file, text);
  // The second field is the program's name in parentheses and may hold anything; count behind the last one.
  std::size_t at = text.rfind(')');
  for (int field = 2; field < 7 && at != std::string::npos; ++field) {
    at = text.find(' ', at + 1);
  }
  int device = 0;
  if (at != std::string::npos) {
    (void)std::from_chars(text.data() + at + 1, text.data() + text.size(), device);
  }
  return static_cast<unsigned>(device);
}

void write_line(std::string text) {
  text += '\n';
  (void)!write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

std::chrono::seconds patience(const Host& host) {
  constexpr int kDefault = 60;
  const std::string text = host.env("DOCKER_CREDENTIAL_TIMEOUT").value_or("");
  int seconds = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool usable = problem == std::errc() && end == text.data() + text.size() && seconds >= 1 && seconds <= 3600;
  return std::chrono::seconds(usable ? seconds : kDefault);
}

RealHost::RealHost() : debug_(env("DOCKER_CREDENTIAL_LOG") == "debug") {}

std::optional<std::string> RealHost::env(const std::string& name) const {
  const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nobody changes the environment
  return value != nullptr && *value != '\0' ? std::optional<std::string>(value) : std::nullopt;
}

Host::Clock::time_point RealHost::now() const { return Clock::now(); }

void RealHost::sleep_until(Clock::time_point when) { std::this_thread::sleep_until(when); }

bool RealHost::is_terminal(int descriptor) const { return isatty(descriptor) == 1; }

std::optional<std::string> RealHost::terminal() const {
  constexpr unsigned kFirstPtsMajor = 136;  // Documentation/admin-guide/devices.txt of the kernel
  constexpr unsigned kLastPtsMajor = 143;
  constexpr unsigned kConsoleMajor = 4;
  constexpr unsigned kFirstSerial = 64;
  const unsigned device = terminal_device();
  const unsigned kind = major(device);
  const unsigned number = minor(device);
  if (kind >= kFirstPtsMajor && kind <= kLastPtsMajor) {
    return "/dev/pts/" + std::to_string((kind - kFirstPtsMajor) * 256 + number);
  }
  if (kind == kConsoleMajor) {
    return number < kFirstSerial ? "/dev/tty" + std::to_string(number)
                                 : "/dev/ttyS" + std::to_string(number - kFirstSerial);
  }
  return std::nullopt;
}

Result<ProcessResult> RealHost::run(const ProcessRequest& request) {
  // Arguments are left out: the user's own options may hold a passphrase (PASSWORD_STORE_GPG_OPTS).
  debug("run " + request.arguments.front() + " with " + std::to_string(request.arguments.size() - 1) + " arguments");
  return run_process(request, search_path(*this));
}

void RealHost::debug(std::string_view line) {
  if (debug_) {
    write_line("debug: " + printable(line, kLogLineLimit));
  }
}

void RealHost::tell(std::string_view line) {
  if (is_terminal(STDERR_FILENO)) {
    write_line(printable(line, kLogLineLimit));
  }
}

}  // namespace keyberth
