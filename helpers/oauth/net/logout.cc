// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <set>
#include <utility>
#include <vector>

#include "common/protocol.h"
#include "helpers/oauth/config.h"
#include "helpers/oauth/known.h"
#include "helpers/oauth/net/commands.h"
#include "helpers/oauth/net/end_session.h"
#include "helpers/oauth/net/interrupt.h"
#include "helpers/oauth/usage.h"
#include "helpers/oauth/vault.h"

namespace keyberth::oauth {
namespace {

/// Where the registry's session is today, and where sessions of it were left when the vault or the rule was another.
std::vector<Known> places_of(const Config& config, const Vault& vault, const std::vector<Known>& known,
                             const std::string& registry) {
  const Rule* rule = find_rule(config, registry);
  const std::string key = session_key(rule == nullptr ? Rule() : *rule, registry);
  std::vector<Known> places{{registry, {}, vault.name(), key}};
  std::copy_if(known.begin(), known.end(), std::back_inserter(places),
               [&](const Known& one) { return one.registry == registry && !one.may_be_at(vault.name(), key); });
  return places;
}

/// The registries that may be logged in to: those of past logins, and every one that a rule names in full.
std::set<std::string> every_registry(const Config& config, const std::vector<Known>& known) {
  std::set<std::string> registries;
  for (const Known& one : known) {
    registries.insert(one.registry);
  }
  for (const Rule& rule : config.rules) {
    if (!rule.pattern.starts_with('*')) {
      registries.insert(rule.pattern);
    }
  }
  return registries;
}

/// Ends one session, and says so. False when there was none.
Result<bool> end_at(Tools& tools, const Config& config, const Known& place) {
  Result<std::optional<Ending>> ended = end_session(tools, config, place);
  if (!ended) {
    return pass_on(std::move(ended));
  }
  if (!*ended) {
    return false;
  }
  const Ending& ending = **ended;
  std::string also;
  for (const std::string& other : ending.others) {
    also += " and " + other;
  }
  tools.screen.say("Logged out of " + place.registry + printable(also) + ": erased from docker-credential-" +
                   place.vault + (ending.told ? "; " + *ending.told : "") + ".\n");
  if (!ending.told) {
    return fail(
        ending.told.error().kind,
        "the provider was not told that the login to " + place.registry + " has ended: " + ending.told.error().message,
        "here it is erased; there it lives on until it ends by itself or you end it in your account's settings");
  }
  return true;
}

}  // namespace

Result<> logout(Tools& tools, const Arguments& arguments) {
  if (arguments.size() != 1 || (arguments.front().starts_with("-") && arguments.front() != "--all")) {
    return fail(ErrorKind::usage, usage("logout", kLogoutOptions));
  }
  const bool all = arguments.front() == "--all";
  const std::optional<std::string> registry = all ? std::string() : registry_host(arguments.front());
  if (!registry) {
    return fail(ErrorKind::usage, usage("logout", kLogoutOptions),
                "not the address of a registry: " + printable(arguments.front()));
  }
  const Result<Config> config = load_config(tools.host);
  if (!config) {
    return tl::unexpected(config.error());
  }
  Result<Vault> vault = choose_vault(tools.host, config->vault);
  if (!vault) {
    return pass_on(std::move(vault));
  }
  leave_on_interrupt();
  Result<> outcome;
  bool any = false;
  const std::vector<Known> known = known_logins(tools.host);
  for (const std::string& one : all ? every_registry(*config, known) : std::set<std::string>{*registry}) {
    for (const Known& place : places_of(*config, *vault, known, one)) {
      Result<bool> ended = end_at(tools, *config, place);
      any = any || !ended || *ended;
      if (!ended) {
        if (!outcome) {
          tools.screen.error(outcome.error());
        }
        outcome = pass_on(std::move(ended));
      }
    }
  }
  if (!any) {
    tools.screen.say(all ? "Nobody is logged in anywhere.\n" : "Nobody is logged in to " + *registry + ".\n");
  }
  return outcome;
}

}  // namespace keyberth::oauth
