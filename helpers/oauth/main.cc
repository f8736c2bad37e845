// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <string>
#include <vector>

#include "common/files.h"
#include "common/helper.h"
#include "common/host.h"
#include "helpers/oauth/net_program.h"
#include "helpers/oauth/oauth_doctor.h"
#include "helpers/oauth/oauth_store.h"
#include "helpers/oauth/status.h"
#include "helpers/oauth/usage.h"

namespace {

using keyberth::Command;
using keyberth::Result;

/// A command of the program that knows the network: this process becomes it, so that it has the terminal to itself.
Command network_command(const std::string& name, const std::string& synopsis, const std::string& summary,
                        const std::string& every_option = {}) {
  const auto run = [name](const std::vector<std::string>& arguments) -> Result<std::string> {
    const Result<std::string> program = keyberth::oauth::net_program();
    if (!program) {
      return tl::unexpected(program.error());
    }
    std::vector<std::string> words{*program, name};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (std::string& word : words) {
      argv.push_back(word.data());
    }
    argv.push_back(nullptr);
    (void)execv(program->c_str(), argv.data());
    return tl::unexpected(keyberth::system_error("start", *program, errno));
  };
  return {name, synopsis, summary, run, every_option};
}

}  // namespace

int main(int argc, char** argv) {
  keyberth::RealHost host;
  keyberth::oauth::OauthStore store{host};
  const auto status = [&](const auto& arguments) {
    return keyberth::oauth::status(host, arguments, std::time(nullptr));
  };
  const auto config = [&](const auto& arguments) { return keyberth::oauth::config_command(host, arguments); };
  return keyberth::run_helper(
      {.name = "docker-credential-oauth",
       .summary = "log in to registries through OAuth 2.0 in a browser; tokens are kept in another helper's store",
       .store = store,
       .host = host,
       .commands = {network_command("login", "REGISTRY [--preset NAME] [--issuer URL] [--client-id ID] ...",
                                    "log in to a registry with a browser on this or any other device",
                                    keyberth::oauth::kLoginOptions),
                    network_command("logout", keyberth::oauth::kLogoutOptions, "end a login here and at its provider"),
                    network_command("token", keyberth::oauth::kTokenOptions,
                                    "print the token that the registry gives for this login"),
                    {"status", "[--json]", "list the logins, whose they are and how long they last; offline", status},
                    {"config", "check [FILE] | presets", "check the configuration; list what is built in", config}},
       .examine = [&] { return keyberth::oauth::examine_oauth(host, store, std::time(nullptr)); }},
      argc, argv);
}
