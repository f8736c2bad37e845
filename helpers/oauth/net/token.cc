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

/// Asks with the credential that `get` would give: minted by the rule, or without a session what the vault has, such as
/// a robot's account that an ordinary docker login stored there.
Result<RegistryToken> with_credential(Tools& tools, const Config& config, const Rule& rule, const Wanted& wanted,
                                      const Door& door, std::string& who) {
  const auto ask = [&](const Rule& how, const Session::Minted& credential) {
    who = credential.username;
    return registry_token(tools.http, how, wanted.registry, door, wanted.scope, &credential);
  };
  if (!rule.pattern.empty()) {
    Result<Session> session = renew(tools.host, tools.http, config, rule, wanted.registry, /*force=*/false);
    if (session) {
      const Session::Minted* minted = session->find(wanted.registry);
      return minted != nullptr ? ask(rule, *minted)
                               : fail(ErrorKind::internal, "no credential was made for " + wanted.registry);
    }
    if (session.error().kind != ErrorKind::not_found) {
      return pass_on(std::move(session));
    }
  }
  Result<Vault> vault = choose_vault(tools.host, config.vault);
  Result<Credential> found = vault ? vault->get(wanted.registry) : tl::unexpected(vault.error());
  if (!found && found.error().kind == ErrorKind::not_found) {
    return fail(ErrorKind::denied, wanted.registry + " gives this to nobody without a login, and nobody is logged in",
                "docker-credential-oauth login " + wanted.registry);
  }
  if (!found) {
    return pass_on(std::move(found));
  }
  Rule as_it_is = rule;
  as_it_is.answer_token = false;  // that is for what the rule mints
  return ask(as_it_is, {wanted.registry, found->username, std::move(found->secret), 0, 0});
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
  std::string who;
  const Result<RegistryToken> mine = with_credential(tools, *config, rule, *wanted, *door, who);
  if (!mine) {
    return tl::unexpected(mine.error());
  }
  return show(tools, *wanted, *mine, who, explain);
}

}  // namespace keyberth::oauth
