// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/net/former.h"

#include "common/protocol.h"
#include "helpers/oauth/logins.h"

namespace keyberth::oauth {

void remember_sessions_of(Host& host, const Config& config, Vault vault) {
  for (const Login& login : look_up_logins(host, config, vault)) {
    if (!login.session) {
      continue;
    }
    const Session::Minted* minted = login.session->find(login.registry);
    const Known known{login.registry, minted == nullptr ? "" : minted->username, vault.name(),
                      session_key(*login.rule, login.registry)};
    if (Result<> remembered = remember_login(host, known); !remembered) {
      host.debug("login: " + remembered.error().message);
    }
  }
}

std::string left_behind_text(const std::vector<Known>& logins) {
  std::string text;
  for (const Known& login : logins) {
    text += "  note      the login to " + printable(login.registry) + " stays in docker-credential-" + login.vault +
            ", which is not asked for it any more;\n            to end it: docker-credential-oauth logout " +
            shell_word(login.registry) + "\n";
  }
  return text;
}

}  // namespace keyberth::oauth
