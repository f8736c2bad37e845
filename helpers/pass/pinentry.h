// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "common/host.h"

namespace keyberth {

/// How gpg-agent would ask a person for a passphrase.
struct Pinentry {
  std::string program;     ///< its path; empty when not even gpgconf knows one
  std::string configured;  ///< the gpg-agent.conf that chose it; empty for GnuPG's own choice
  bool installed = false;
  bool can_ask = false;  ///< here and now: it has the terminal or the display that it needs
  std::string place;     ///< where it asks, or what it lacks: "on /dev/pts/3", "there is no terminal"
};

/// Looks at the configuration and the environment; starts no pinentry.
[[nodiscard]] Pinentry find_pinentry(Host& host);

}  // namespace keyberth
