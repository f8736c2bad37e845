// SPDX-License-Identifier: Apache-2.0
#include "common/helper.h"
#include "helpers/keyctl/keyctl_store.h"

int main(int argc, char** argv) {
  keyberth::RealHost host;
  keyberth::KeyctlStore store(host);
  return keyberth::run_helper({.name = "docker-credential-keyctl",
                               .summary = "Keeps credentials in the kernel's memory, until the machine restarts or "
                                          "nothing has used them for three days.",
                               .store = store,
                               .host = host,
                               .commands = {{.name = "status",
                                             .synopsis = "",
                                             .summary = "show what is stored, the room left and the time left",
                                             .run = [&store](const auto&) { return store.status(); }}}},
                              argc, argv);
}
