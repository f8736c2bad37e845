// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "common/protocol.h"
#include "helpers/oauth/net/answers.h"
#include "helpers/oauth/net/crypto.h"
#include "helpers/oauth/net/jwt.h"

namespace keyberth::oauth {
namespace {

/// How far the provider's clock may be from ours.
constexpr UnixTime kClockDifference = 60;

tl::unexpected<Error> refuse(const std::string& why, const std::string& hint) {
  return fail(ErrorKind::denied, "the ID token is not for this login: " + why, hint);
}

bool is_for(const Json& audience, const std::string& client_id) {
  if (audience.type == Json::Type::string) {
    return audience.string == client_id;
  }
  return std::any_of(audience.array.begin(), audience.array.end(),
                     [&](const Json& one) { return one.type == Json::Type::string && one.string == client_id; });
}

}  // namespace

Result<Json> id_token_claims(std::string_view token, const Metadata& metadata, const Rule& rule, std::string_view nonce,
                             UnixTime now) {
  auto claims = jwt_claims(token);
  if (!claims) {
    return claims;
  }
  if (metadata.issuer.empty()) {
    return refuse("there is no issuer to compare it with", "name the provider's \"issuer\" in the configuration");
  }
  if (const auto issuer = claims->text("iss"); issuer != metadata.issuer) {
    return refuse("it is from \"" + printable(issuer.value_or("")) + "\"",
                  "correct \"issuer\" in the configuration, which is \"" + printable(metadata.issuer) + "\"");
  }
  const std::string client = "check \"client_id\" in the configuration, which is \"" + printable(rule.client_id) + "\"";
  const Json* audience = claims->find("aud");
  if (audience == nullptr || !is_for(*audience, rule.client_id)) {
    return refuse("it is meant for another client", client);
  }
  // OpenID Connect Core 3.1.3.7, items 4 and 5.
  const auto party = claims->text("azp");
  if (party ? *party != rule.client_id : audience->array.size() > 1) {
    return refuse("it was issued to another client", client);
  }
  const auto expiry = claims->amount("exp");
  if (!expiry || *expiry <= static_cast<double>(now - kClockDifference)) {
    return refuse("it has expired", "check the clock of this machine: date");
  }
  if (!nonce.empty() && !equal_secrets(claims->text("nonce").value_or(""), nonce)) {
    return refuse("it answers another request",
                  "log in again: docker-credential-oauth login " + asked(rule, rule.token_endpoint).registry);
  }
  return claims;
}

}  // namespace keyberth::oauth
