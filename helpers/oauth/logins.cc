// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/logins.h"

#include <set>

#include "common/protocol.h"

namespace keyberth::oauth {

std::vector<Login> look_up_logins(Host& host, const Config& config, Vault& vault) {
  std::set<std::string> registries;
  for (const Known& known : known_logins(host)) {
    registries.insert(known.registry);
  }
  for (const Rule& rule : config.rules) {
    if (!rule.pattern.starts_with("*.")) {
      registries.insert(rule.pattern);
    }
  }
  std::vector<Login> logins;
  for (const std::string& registry : registries) {
    if (const Rule* rule = find_rule(config, registry); rule != nullptr) {
      Result<Session> session = vault.load(session_key(*rule, registry));
      if (session && session->is_logged_out(registry)) {
        session = fail(ErrorKind::not_found, std::string(kNotFound));
      }
      logins.push_back({registry, rule, std::move(session)});
    }
  }
  return logins;
}

std::vector<Known> left_behind(const Host& host, const Config& config, const std::string& vault) {
  std::vector<Known> logins = known_logins(host);
  std::erase_if(logins, [&](const Known& known) {
    const Rule* rule = find_rule(config, known.registry);
    return known.vault.empty() || (rule != nullptr && known.may_be_at(vault, session_key(*rule, known.registry)));
  });
  return logins;
}

bool belongs(const Session& session, const Rule& rule) {
  return session.issuer == rule.issuer && session.client_id == rule.client_id &&
         (rule.token_endpoint.empty() || rule.token_endpoint == session.token_endpoint);
}

std::string has_ended(const Session& session) { return "has ended: " + printable(session.dead); }

std::string why_over(const Session& session, const Rule& rule, std::string_view registry, UnixTime now) {
  if (!session.dead.empty()) {
    return has_ended(session);
  }
  if (!belongs(session, rule)) {
    return std::string(kOtherProvider);
  }
  Session::Minted source;
  source.secret = Secret(session.access_token.view());
  source.obtained = session.obtained;
  source.expires = session.expires;
  const Session::Minted* minted = session.find(registry);
  const bool is_good = freshness(source, now, 0) != Freshness::expired ||
                       (minted != nullptr && freshness(*minted, now, 0) != Freshness::expired);
  if (is_good || (!session.refresh_token.empty() && session.refresh_sent == 0)) {
    return {};
  }
  return std::string(session.refresh_token.empty() ? kNothingToRenew : kAnswerLost);
}

std::string login_command(std::string_view registry) {
  return "docker-credential-oauth login " + std::string(registry);
}

}  // namespace keyberth::oauth
