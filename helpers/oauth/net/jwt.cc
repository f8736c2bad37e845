// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/net/jwt.h"

#include <cmath>

#include "common/base64.h"

namespace keyberth::oauth {
namespace {

/// Beyond any date that makes sense, and exact in a double.
constexpr double kLatest = 1e12;

}  // namespace

Result<Json> jwt_claims(std::string_view token) {
  const auto first = token.find('.');
  const auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
    return fail(ErrorKind::bad_input, "the token is not a JWT");
  }
  const std::optional<Secret> payload = from_base64url(token.substr(first + 1, second - first - 1));
  if (!payload) {
    return fail(ErrorKind::bad_input, "the token is not a JWT: its payload is not base64url");
  }
  Result<Json> claims = parse_json(payload->view());
  if (!claims || claims->type != Json::Type::object) {
    return fail(ErrorKind::bad_input, "the token is not a JWT: its payload is not a JSON object");
  }
  return claims;
}

UnixTime jwt_expiry(std::string_view token) {
  const Result<Json> claims = jwt_claims(token);
  const auto expiry = claims ? claims->amount("exp") : std::nullopt;
  return expiry && *expiry > 0 && *expiry < kLatest ? static_cast<UnixTime>(std::floor(*expiry)) : 0;
}

}  // namespace keyberth::oauth
