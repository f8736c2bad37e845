// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "common/harden.h"
#include "common/host.h"
#include "common/result.h"
#include "helpers/oauth/net/commands.h"
#include "helpers/oauth/net/http.h"
#include "helpers/oauth/net/screen.h"

namespace {

using keyberth::ErrorKind;
using keyberth::Result;
using keyberth::oauth::Arguments;
using keyberth::oauth::Tools;

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

struct Command {
  std::string_view name;
  Result<> (*run)(Tools&, const Arguments&);
};

constexpr Command kCommands[] = {
    {"login", keyberth::oauth::login},
    {"logout", keyberth::oauth::logout},
    {"token", keyberth::oauth::token},
    {"renew", keyberth::oauth::renew_registry},
};

Result<> dispatch(Tools& tools, const Arguments& arguments) {
  const auto* command = std::find_if(std::begin(kCommands), std::end(kCommands), [&](const Command& candidate) {
    return !arguments.empty() && arguments.front() == candidate.name;
  });
  if (command == std::end(kCommands)) {
    return keyberth::fail(ErrorKind::usage,
                          "docker-credential-oauth-net is the part of docker-credential-oauth that talks to servers",
                          "see: docker-credential-oauth --help");
  }
  return command->run(tools, {arguments.begin() + 1, arguments.end()});
}

}  // namespace

int main(int argc, char** argv) {
  keyberth::harden_process(/*dumpable=*/false);
  keyberth::RealHost host;
  keyberth::oauth::Screen screen(host);
  try {
    keyberth::oauth::CurlHttp http;
    Tools tools{host, http, screen};
    const Arguments arguments(argv + std::min(argc, 1), argv + argc);
    const Result<> result = dispatch(tools, arguments);
    if (result) {
      return 0;
    }
    screen.error(result.error());
    return result.error().kind == ErrorKind::usage ? kWrongUsage : kFailed;
  } catch (const std::exception& problem) {
    // Only the standard library throws here, above all for want of memory; its text holds nothing of ours.
    screen.error({ErrorKind::internal, std::string("internal error: ") + problem.what(), ""});
    return kFailed;
  }
}
