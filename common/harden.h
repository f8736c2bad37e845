// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace keyberth {

/// First thing in the process: descriptors 0, 1 and 2 are open (on /dev/null if they were not), inherited others
/// closed, umask 077, no core dumps, SIGPIPE ignored, and with `dumpable` false no debugger of the same user.
void harden_process(bool dumpable) noexcept;

}  // namespace keyberth
