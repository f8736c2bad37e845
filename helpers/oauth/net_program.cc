// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/net_program.h"

#include <unistd.h>

#include "common/self.h"

namespace keyberth::oauth {

Result<std::string> net_program_beside(const std::string& self) {
  const std::string folder = self.substr(0, self.rfind('/'));
  for (const char* place : {"/docker-credential-oauth-net", "/../libexec/keyberth/docker-credential-oauth-net"}) {
    std::string candidate = folder + place;
    if (access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
  }
  return fail(ErrorKind::unavailable, "docker-credential-oauth-net is not installed, the part that talks to servers",
              "install the whole package again; it belongs beside docker-credential-oauth or into "
              "../libexec/keyberth");
}

Result<std::string> net_program() { return net_program_beside(own_path()); }

}  // namespace keyberth::oauth
