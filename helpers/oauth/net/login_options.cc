// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/net/login_options.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "common/protocol.h"
#include "helpers/oauth/usage.h"

namespace keyberth::oauth {
namespace {

tl::unexpected<Error> wrong(const std::string& why) {
  return fail(ErrorKind::usage, usage("login", kLoginOptions), why);
}

struct Switch {
  const char* name;
  bool LoginOptions::*target;
  bool value;
};
constexpr std::array kSwitches{
    Switch{"--web", &LoginOptions::web, true},
    Switch{"--no-qr", &LoginOptions::qr, false},
    Switch{"--no-browser", &LoginOptions::browser, false},
    Switch{"--json", &LoginOptions::json, true},
    Switch{"--force", &LoginOptions::force, true},
};

struct Valued {
  const char* name;
  std::string LoginOptions::*target;
};
constexpr std::array kValued{
    Valued{"--preset", &LoginOptions::preset},
    Valued{"--issuer", &LoginOptions::issuer},
    Valued{"--client-id", &LoginOptions::client_id},
    Valued{"--vault", &LoginOptions::vault},
};

bool take_switch(LoginOptions& options, const std::string& word) {
  const auto* found =
      std::find_if(kSwitches.begin(), kSwitches.end(), [&](const Switch& known) { return word == known.name; });
  if (found != kSwitches.end()) {
    options.*(found->target) = found->value;
  }
  return found != kSwitches.end();
}

bool take_value(LoginOptions& options, const std::string& name, const std::string& value) {
  if (name == "--scope") {
    options.scopes.push_back(value);
    return true;
  }
  const auto* found =
      std::find_if(kValued.begin(), kValued.end(), [&](const Valued& known) { return name == known.name; });
  if (found != kValued.end()) {
    options.*(found->target) = value;
  }
  return found != kValued.end();
}

}  // namespace

Result<LoginOptions> parse_login(const std::vector<std::string>& arguments) {
  LoginOptions options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (!word.starts_with("--")) {
      if (!options.host.empty() || word.empty()) {
        return wrong("exactly one registry is expected");
      }
      options.host = word;
      continue;
    }
    if (take_switch(options, word)) {
      continue;
    }
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    LoginOptions probe;
    if (!take_value(probe, name, "")) {
      return wrong("unknown option: " + printable(name));
    }
    if (equals == std::string::npos && i + 1 == arguments.size()) {
      return wrong(name + " needs a value");
    }
    const std::string value = equals == std::string::npos ? arguments[++i] : word.substr(equals + 1);
    if (value.empty()) {
      return wrong(name + " needs a value");
    }
    (void)take_value(options, name, value);
  }
  if (options.host.empty()) {
    return wrong("name the registry, such as registry.example.com");
  }
  return options;
}

}  // namespace keyberth::oauth
