// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/net/interrupt.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstddef>

namespace keyberth::oauth {
namespace {

constexpr int kInterrupted = 130;  // as shells count: 128 and the signal

volatile std::sig_atomic_t held = 0;
volatile std::sig_atomic_t came = 0;
std::array<char, 1000> last_words{};
volatile std::sig_atomic_t last_words_size = 0;

[[noreturn]] void leave() {
  // Nothing more can be done where it cannot be said.
  [[maybe_unused]] const ssize_t said =
      write(STDERR_FILENO, last_words.data(), static_cast<std::size_t>(last_words_size));
  _exit(kInterrupted);
}

void interrupted(int /*signal*/) {
  came = 1;
  if (held == 0) {
    leave();
  }
}

}  // namespace

void leave_on_interrupt() {
  struct sigaction action {};
  action.sa_handler = interrupted;
  action.sa_flags = SA_RESTART;
  (void)sigaction(SIGINT, &action, nullptr);
}

void set_last_words(std::string_view words) {
  last_words_size = 0;
  const std::size_t size = std::min(words.size(), last_words.size());
  std::copy_n(words.begin(), size, last_words.begin());
  last_words_size = static_cast<std::sig_atomic_t>(size);
}

Uninterrupted::Uninterrupted() { held = 1; }

Uninterrupted::~Uninterrupted() {
  held = 0;
  if (came != 0) {
    leave();
  }
}

}  // namespace keyberth::oauth
