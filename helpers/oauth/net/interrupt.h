// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace keyberth::oauth {

/// From now on Ctrl-C ends the program with exit code 130, at once.
void leave_on_interrupt();

/// What Ctrl-C says on standard error from now on, as it ends the program: at most 1000 bytes.
void set_last_words(std::string_view words);

/// While one of these lives, Ctrl-C waits: for steps that belong together.
class Uninterrupted {
 public:
  Uninterrupted();
  Uninterrupted(const Uninterrupted&) = delete;
  Uninterrupted& operator=(const Uninterrupted&) = delete;
  Uninterrupted(Uninterrupted&&) = delete;
  Uninterrupted& operator=(Uninterrupted&&) = delete;
  /// Leaves now, if Ctrl-C came meanwhile.
  ~Uninterrupted();
};

}  // namespace keyberth::oauth
