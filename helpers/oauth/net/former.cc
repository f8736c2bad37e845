// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/net/former.h"

#include <algorithm>

#include "common/protocol.h"
#include "helpers/oauth/logins.h"
#include "helpers/oauth/net/end_session.h"
#include "helpers/oauth/net/jwt.h"
#include "helpers/oauth/url.h"

namespace keyberth::oauth {
namespace {

/// The provider's own session behind an ID token (OpenID Connect Front-Channel Logout 1.0, section 3).
std::string provider_session(const Session& session) {
  const Result<Json> claims = jwt_claims(session.id_token.view());
  return claims ? claims->text("sid").value_or("") : std::string();
}

/// Whether revoking one may end the other: equal tokens, one session at the provider, and Google, which takes back
/// everything that a person granted to a client.
bool is_one_login(const Session& one, const Session& other) {
  const std::string session = provider_session(one);
  return one.refresh_token.view() == other.refresh_token.view() ||
         (!session.empty() && session == provider_session(other)) ||
         url_host(one.revocation_endpoint) == "oauth2.googleapis.com";
}

std::string told_line(const Result<std::string>& told) {
  return "  former    " +
         (told ? "login " + *told
               : "the provider was not told that the former login has ended: " + printable(told.error().message, 500)) +
         "\n";
}

}  // namespace

std::string end_former(Tools& tools, const Config& config, const Known& now, const Session& session,
                       const std::optional<Session>& replaced) {
  std::string text;
  if (replaced && replaced->dead.empty() && !replaced->revocation_endpoint.empty() &&
      !is_one_login(*replaced, session)) {
    text += told_line(tell_provider(tools, config, now.registry, *replaced));
  }
  const std::vector<Known> all = known_logins(tools.host);
  for (const Known& place : all) {
    const bool is_shared = std::any_of(all.begin(), all.end(), [&](const Known& other) {
      return other.registry != now.registry && other.may_be_at(place.vault, place.key);
    });
    if (place.registry != now.registry || place.may_be_at(now.vault, now.key) || is_shared) {
      continue;
    }
    const Result<Session> former = Vault(tools.host, place.vault).load(place.key);
    if (former && is_one_login(*former, session)) {
      continue;
    }
    if (const Result<std::optional<Ending>> ended = end_session(tools, config, place); !ended) {
      text += told_line(tl::unexpected(ended.error()));
    } else if (*ended) {
      text += told_line((*ended)->told);
    }
  }
  return text;
}

void remember_sessions_of(Host& host, const Config& config, Vault vault) {
  for (const Login& login : look_up_logins(host, config, vault)) {
    if (!login.session) {
      continue;
    }
    const Session::Minted* minted = login.session->find(login.registry);
    const Known known{login.registry, minted == nullptr ? "" : minted->username, vault.name(),
                      session_key(*login.rule, login.registry)};
    if (Result<> remembered = remember_login(host, known); !remembered) {
      host.debug("login: " + remembered.error().message);
    }
  }
}

std::string left_behind_text(const std::vector<Known>& logins) {
  std::string text;
  for (const Known& login : logins) {
    text += "  note      the login to " + printable(login.registry) + " stays in docker-credential-" + login.vault +
            ", which is not asked for it any more;\n            to end it: docker-credential-oauth logout " +
            shell_word(login.registry) + "\n";
  }
  return text;
}

}  // namespace keyberth::oauth
