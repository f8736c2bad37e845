// SPDX-License-Identifier: Apache-2.0
#include "common/harden.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <initializer_list>

namespace keyberth {

void harden_process(bool dumpable) noexcept {
  // A closed descriptor 0, 1 or 2 would be taken by the next file we open. The stand-ins refuse the way we would use
  // them, so that a missing standard output is an error and not a silent success.
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(descriptor, F_GETFD) < 0) {
      (void)open("/dev/null", (descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
    }
  }
  (void)close_range(STDERR_FILENO + 1, ~0U, 0);
  umask(077);
  const rlimit none{0, 0};
  (void)setrlimit(RLIMIT_CORE, &none);
  (void)std::signal(SIGPIPE, SIG_IGN);
#ifndef KEYBERTH_SANITIZED
  (void)prctl(PR_SET_DUMPABLE, dumpable ? 1 : 0, 0, 0, 0);
#else
  (void)dumpable;
#endif
}

}  // namespace keyberth
