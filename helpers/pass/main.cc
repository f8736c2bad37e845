// SPDX-License-Identifier: Apache-2.0
#include "common/helper.h"
#include "common/host.h"
#include "helpers/pass/pass_doctor.h"
#include "helpers/pass/pass_init.h"
#include "helpers/pass/pass_store.h"

int main(int argc, char** argv) {
  keyberth::RealHost host;
  keyberth::PassStore store{host};
  return keyberth::run_helper(
      {.name = "docker-credential-pass",
       .summary = "keep registry logins in the password store of pass, encrypted with GnuPG",
       .store = store,
       .host = host,
       .commands = {{"init", "[--no-passphrase]",
                     "make the password store, and a GPG key if there is none; for servers without a passphrase",
                     [&](const auto& arguments) { return keyberth::pass_init(host, arguments); }}},
       .examine = [&] { return keyberth::examine_pass(host); }},
      argc, argv);
}
