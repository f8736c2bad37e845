// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <utility>

#include "common/protocol.h"
#include "helpers/oauth/config.h"
#include "helpers/oauth/known.h"
#include "helpers/oauth/net/commands.h"
#include "helpers/oauth/net/interrupt.h"
#include "helpers/oauth/net/provider.h"
#include "helpers/oauth/session_lock.h"
#include "helpers/oauth/usage.h"
#include "helpers/oauth/vault.h"

namespace keyberth::oauth {
namespace {

constexpr std::chrono::seconds kLockWait{20};

/// The registries that may be logged in to: those of past logins, and every one that a rule names in full.
std::set<std::string> every_registry(const Host& host, const Config& config) {
  std::set<std::string> registries;
  for (const auto& [registry, username] : known_registries(host)) {
    registries.insert(registry);
  }
  for (const Rule& rule : config.rules) {
    if (!rule.pattern.starts_with('*')) {
      registries.insert(rule.pattern);
    }
  }
  return registries;
}

/// What the provider was told, as a line for people; an error when it could not be told.
Result<std::string> tell_provider(Tools& tools, const Rule& rule, const Session& session) {
  if (!session.dead.empty()) {
    return "the provider had ended it before";
  }
  Result<bool> revoked = revoke(tools.http, rule, session);
  if (!revoked) {
    return pass_on(std::move(revoked));
  }
  return *revoked ? "revoked at the provider"
                  : "the provider offers no revocation: there it ends by itself, or in your account's settings";
}

/// Ends the session of one registry. False when there was none.
Result<bool> end_session(Tools& tools, const Config& config, const std::string& registry) {
  const Rule* rule = find_rule(config, registry);
  if (rule == nullptr) {
    (void)forget_registry(tools.host, registry);
    return false;
  }
  Result<Vault> vault = choose_vault(tools.host, config.vault);
  if (!vault) {
    return pass_on(std::move(vault));
  }
  const std::string key = session_key(*rule, registry);
  const Result<FileLock> lock = lock_session(tools.host, key, kLockWait);
  if (!lock) {
    return tl::unexpected(lock.error());
  }
  const Result<Session> session = vault->load(key);
  if (!session && session.error().kind == ErrorKind::not_found) {
    // A vault that was chosen just now may be another than the one that was logged in to.
    if (!config.vault.empty()) {
      (void)forget_registry(tools.host, registry);
    }
    return false;
  }
  // An entry that cannot be read can be erased all the same.
  Result<std::string> told = session ? tell_provider(tools, *rule, *session) : tl::unexpected(session.error());
  KEYBERTH_TRY(vault->erase(key));
  std::string also;
  (void)forget_registry(tools.host, registry);
  if (session) {
    for (const Session::Minted& minted : session->minted) {
      also += minted.registry == registry ? "" : " and " + minted.registry;
      (void)forget_registry(tools.host, minted.registry);
    }
  }
  tools.screen.say("Logged out of " + registry + printable(also) + ": erased from docker-credential-" + vault->name() +
                   (told ? "; " + *told : "") + ".\n");
  if (!told) {
    return fail(
        told.error().kind,
        "the provider was not told that the login to " + registry + " has ended: " + told.error().message,
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
  leave_on_interrupt();
  Result<> outcome;
  bool any = false;
  for (const std::string& one : all ? every_registry(tools.host, *config) : std::set<std::string>{*registry}) {
    Result<bool> ended = end_session(tools, *config, one);
    any = any || !ended || *ended;
    if (!ended) {
      if (!outcome) {
        tools.screen.error(outcome.error());
      }
      outcome = pass_on(std::move(ended));
    }
  }
  if (!any) {
    tools.screen.say(all ? "Nobody is logged in anywhere.\n" : "Nobody is logged in to " + *registry + ".\n");
  }
  return outcome;
}

}  // namespace keyberth::oauth
