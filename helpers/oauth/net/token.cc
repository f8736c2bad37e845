// SPDX-License-Identifier: Apache-2.0
#include <ctime>
#include <utility>

#include "common/protocol.h"
#include "helpers/oauth/config.h"
#include "helpers/oauth/net/commands.h"
#include "helpers/oauth/net/mint.h"
#include "helpers/oauth/net/token_server.h"
#include "helpers/oauth/net/token_text.h"
#include "helpers/oauth/usage.h"
#include "helpers/oauth/vault.h"

namespace keyberth::oauth {
namespace {

/// The credential that `get` would give: minted by the rule, or what the vault has for a registry without one.
Result<Session::Minted> credential_for(Tools& tools, const Config& config, const Rule* rule,
                                       const std::string& registry) {
  const auto nobody = [&] {
    return fail(ErrorKind::denied,
                registry +
                    " gives this to nobody without a login, and nobody "
                    "is logged in",
                "docker-credential-oauth login " + registry);
  };
  if (rule == nullptr) {
    Result<Vault> vault = choose_vault(tools.host, config.vault);
    Result<Credential> found = vault ? vault->get(registry) : tl::unexpected(vault.error());
    if (!found) {
      return found.error().kind == ErrorKind::not_found ? Result<Session::Minted>(nobody()) : pass_on(std::move(found));
    }
    return Session::Minted{registry, found->username, std::move(found->secret), 0, 0};
  }
  Result<Session> session = renew(tools.host, tools.http, config, *rule, registry, /*force=*/false);
  if (!session) {
    return session.error().kind == ErrorKind::not_found ? Result<Session::Minted>(nobody())
                                                        : pass_on(std::move(session));
  }
  const Session::Minted* minted = session->find(registry);
  if (minted == nullptr) {
    return fail(ErrorKind::internal, "no credential was made for " + registry);
  }
  return Session::Minted{registry, minted->username, Secret(minted->secret.view()), minted->obtained, minted->expires};
}

/// What everybody gets, if it is enough.
Result<std::optional<RegistryToken>> anonymous(Tools& tools, const Rule& rule, const Wanted& wanted, const Door& door) {
  Result<RegistryToken> token = registry_token(tools.http, rule, wanted.registry, door, wanted.scope, nullptr);
  if (!token && token.error().kind != ErrorKind::denied) {
    return pass_on(std::move(token));
  }
  if (!token) {
    return std::nullopt;
  }
  // Without words of its own about it, only a pull can be tried without harm.
  const std::optional<bool> said = grants(token->token.view(), wanted.scope);
  const bool only_pulls = wanted.scope.empty() || wanted.scope.ends_with(":pull");
  const bool enough = said && !wanted.scope.empty()
                          ? *said
                          : only_pulls && token_opens(tools.http, rule, door, wanted.scope, token->token);
  return enough ? std::optional(std::move(*token)) : std::nullopt;
}

Result<> show(const Tools& tools, const Wanted& wanted, const RegistryToken& token, const std::string& who,
              bool explain) {
  if (explain) {
    tools.screen.say("Registry token of " + wanted.registry + ", asked for " + printable(who) + ":\n" +
                     explain_token(token, std::time(nullptr)));
  } else if (!grants(token.token.view(), wanted.scope).value_or(true)) {
    tools.screen.say("docker-credential-oauth: the token grants less than was asked for; see it with --explain\n");
  }
  Secret line(token.token.view());
  line.push_back('\n');
  return tools.screen.answer(line.view());
}

}  // namespace

Result<> token(Tools& tools, const Arguments& arguments) {
  std::string text;
  bool explain = false;
  for (const std::string& word : arguments) {
    if (word == "--explain") {
      explain = true;
    } else if (text.empty() && !word.empty() && !word.starts_with('-')) {
      text = word;
    } else {
      return fail(ErrorKind::usage, usage("token", kTokenOptions), "not understood: " + printable(word));
    }
  }
  if (text.empty()) {
    return fail(ErrorKind::usage, usage("token", kTokenOptions));
  }
  const Result<Wanted> wanted = parse_wanted(text);
  if (!wanted) {
    return tl::unexpected(wanted.error());
  }
  const Result<Config> config = load_config(tools.host);
  if (!config) {
    return tl::unexpected(config.error());
  }
  const Rule* known = find_rule(*config, wanted->registry);
  const Rule none;
  const Rule& rule = known != nullptr ? *known : none;
  const Result<Door> door = knock(tools.http, rule, wanted->registry);
  if (!door) {
    return tl::unexpected(door.error());
  }
  if (!door->bearer) {
    return fail(ErrorKind::unavailable,
                wanted->registry + (door->open ? " lets everybody in" : " takes user name and password itself") +
                    ": it has no tokens");
  }
  Result<std::optional<RegistryToken>> open = anonymous(tools, rule, *wanted, *door);
  if (!open) {
    return pass_on(std::move(open));
  }
  if (*open) {
    return show(tools, *wanted, **open, "everybody", explain);
  }
  const Result<Session::Minted> credential = credential_for(tools, *config, known, wanted->registry);
  if (!credential) {
    return tl::unexpected(credential.error());
  }
  const Result<RegistryToken> mine =
      registry_token(tools.http, rule, wanted->registry, *door, wanted->scope, &*credential);
  if (!mine) {
    return tl::unexpected(mine.error());
  }
  return show(tools, *wanted, *mine, credential->username, explain);
}

}  // namespace keyberth::oauth
