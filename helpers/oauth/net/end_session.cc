// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/net/end_session.h"

#include <algorithm>
#include <utility>

#include "helpers/oauth/net/provider.h"
#include "helpers/oauth/session_lock.h"
#include "helpers/oauth/vault.h"

namespace keyberth::oauth {
namespace {

constexpr std::chrono::seconds kLockWait{20};

bool is_about(const Rule& rule, const Session& session) {
  return session.issuer.empty() ? rule.token_endpoint == session.token_endpoint : rule.issuer == session.issuer;
}

Rule rule_for(const Config& config, const std::string& registry, const Session& session) {
  const Rule* own = find_rule(config, registry);
  if (own != nullptr && is_about(*own, session)) {
    return *own;
  }
  const auto other =
      std::find_if(config.rules.begin(), config.rules.end(), [&](const Rule& rule) { return is_about(rule, session); });
  if (other != config.rules.end()) {
    return *other;
  }
  Rule rule;
  rule.pattern = registry;
  rule.issuer = session.issuer;
  rule.client_id = session.client_id;
  return rule;
}

}  // namespace

Result<std::string> tell_provider(Tools& tools, const Config& config, const std::string& registry,
                                  const Session& session) {
  if (!session.dead.empty()) {
    return "the provider had ended it before";
  }
  Result<bool> revoked = revoke(tools.http, rule_for(config, registry, session), session);
  if (!revoked) {
    return pass_on(std::move(revoked));
  }
  return *revoked ? "revoked at the provider"
                  : "the provider offers no revocation: there it ends by itself, or in your account's settings";
}

Result<std::optional<Ending>> end_session(Tools& tools, const Config& config, const Known& place) {
  Vault vault(tools.host, place.vault);
  const Result<FileLock> lock = lock_session(tools.host, place.key, kLockWait);
  if (!lock) {
    return tl::unexpected(lock.error());
  }
  const Result<Session> session = vault.load(place.key);
  if (!session && session.error().kind == ErrorKind::not_found) {
    (void)forget_login(tools.host, place.registry, place.vault, place.key);
    return std::nullopt;
  }
  // An entry that cannot be read can be erased all the same.
  Ending ending{{}, session ? tell_provider(tools, config, place.registry, *session) : tl::unexpected(session.error())};
  KEYBERTH_TRY(vault.erase(place.key));
  (void)forget_login(tools.host, place.registry, place.vault, place.key);
  if (session) {
    for (const Session::Minted& minted : session->minted) {
      if (minted.registry != place.registry) {
        ending.others.push_back(minted.registry);
        (void)forget_login(tools.host, minted.registry, place.vault, place.key);
      }
    }
  }
  return ending;
}

}  // namespace keyberth::oauth
