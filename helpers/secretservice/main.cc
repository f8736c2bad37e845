// SPDX-License-Identifier: Apache-2.0
#include "common/helper.h"
#include "helpers/secretservice/secretservice_doctor.h"
#include "helpers/secretservice/secretservice_store.h"

int main(int argc, char** argv) {
  keyberth::RealHost host;
  keyberth::SecretServiceStore store{host};
  return keyberth::run_helper(
      {.name = "docker-credential-secretservice",
       .summary = "keep registry logins in the desktop's keyring (GNOME Keyring, KeePassXC, KWallet)",
       .store = store,
       .host = host,
       .commands = {},
       .examine = [&] { return keyberth::examine_secret_service(host); },
       .dumpable = true},
      argc, argv);
}
