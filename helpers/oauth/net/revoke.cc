// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/net/answers.h"

namespace keyberth::oauth {
namespace {

Result<> revoke_one(Http& http, const Rule& rule, const Session& session, const Secret& token, std::string_view kind) {
  auto answer =
      post_form(http, rule, session.revocation_endpoint, {{"token", token.view()}, {"token_type_hint", kind}});
  if (!answer) {
    return tl::unexpected(std::move(answer).error().error);
  }
  // RFC 7009 section 2.2: 200 also for a token that the server does not know.
  if (answer->status >= 200 && answer->status < 300) {
    return {};
  }
  return tl::unexpected(
      failed_answer(answer->status, answer->body.view(), asked(rule, session.revocation_endpoint)).error);
}

}  // namespace

Result<bool> revoke(Http& http, const Rule& rule, const Session& session) {
  if (session.revocation_endpoint.empty()) {
    return false;
  }
  // As the client that got the tokens, whatever the configuration has become since.
  Rule as_then = rule;
  if (rule.client_id != session.client_id) {
    as_then.client_id = session.client_id;
    as_then.client_secret.clear();
  }
  if (!session.refresh_token.empty()) {
    KEYBERTH_TRY(revoke_one(http, as_then, session, session.refresh_token, "refresh_token"));
  }
  if (!session.access_token.empty()) {
    auto access = revoke_one(http, as_then, session, session.access_token, "access_token");
    // With the refresh token gone the access token lives its minutes at most, and many servers cannot take back a JWT
    // (unsupported_token_type); alone, it is what was to be revoked.
    if (!access && session.refresh_token.empty()) {
      return pass_on(std::move(access));
    }
  }
  return true;
}

}  // namespace keyberth::oauth
