// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/net/interrupt.h"

#include <unistd.h>

#include <csignal>

namespace keyberth::oauth {
namespace {

constexpr int kInterrupted = 130;  // as shells count: 128 and the signal

volatile std::sig_atomic_t held = 0;
volatile std::sig_atomic_t came = 0;

void interrupted(int /*signal*/) {
  came = 1;
  if (held == 0) {
    _exit(kInterrupted);
  }
}

}  // namespace

void leave_on_interrupt() {
  struct sigaction action {};
  action.sa_handler = interrupted;
  action.sa_flags = SA_RESTART;
  (void)sigaction(SIGINT, &action, nullptr);
}

Uninterrupted::Uninterrupted() { held = 1; }

Uninterrupted::~Uninterrupted() {
  held = 0;
  if (came != 0) {
    _exit(kInterrupted);
  }
}

}  // namespace keyberth::oauth
