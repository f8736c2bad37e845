// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "common/secret.h"

namespace keyberth {

/// One login. `server` is the key exactly as a client gave it: a host, a host and port, a URL, or a host and repository
/// path. `username` is `<token>` when the secret is an identity token.
struct Credential {
  std::string server;
  std::string username;
  Secret secret;
};

/// Whether they are one account with one secret, whatever server they are for.
[[nodiscard]] inline bool same_login(const Credential& a, const Credential& b) {
  return a.username == b.username && a.secret.equals(b.secret);
}

}  // namespace keyberth
