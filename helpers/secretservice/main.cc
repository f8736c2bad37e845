// SPDX-License-Identifier: Apache-2.0
#include "common/helper.h"
#include "helpers/secretservice/secretservice_store.h"

int main(int argc, char** argv) {
  keyberth::RealHost host;
  keyberth::SecretServiceStore store{host};
  return keyberth::run_helper(
      {.name = "docker-credential-secretservice",
       .summary = "Keeps registry logins in the desktop's keyring (GNOME Keyring, KeePassXC, KWallet).",
       .store = store,
       .host = host,
       .commands = {},
       .dumpable = true},
      argc, argv);
}
