// SPDX-License-Identifier: Apache-2.0
#include "common/helper.h"
#include "helpers/keyctl/keyctl_doctor.h"
#include "helpers/keyctl/keyctl_store.h"

int main(int argc, char** argv) {
  keyberth::RealHost host;
  keyberth::KeyctlStore store(host);
  const keyberth::Command status{
      .name = "status",
      .synopsis = "",
      .summary = "show how much is stored, the room left and the time left",
      .run = [&store](const auto& arguments) { return store.status(arguments); },
  };
  return keyberth::run_helper(
      {
          .name = "docker-credential-keyctl",
          .summary = "keep registry logins in the kernel's memory, until the machine restarts or nothing has used them "
                     "for three days",
          .store = store,
          .host = host,
          .commands = {status},
          .examine = [&host] { return keyberth::examine_keyctl(host); },
          .beyond_podman = [&host] { return keyberth::beyond_podman(host); },
      },
      argc, argv);
}
