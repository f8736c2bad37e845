// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <chrono>
#include <ctime>

#include "common/protocol.h"
#include "common/utf8.h"
#include "helpers/oauth/net/answers.h"
#include "helpers/oauth/net/jwt.h"

namespace keyberth::oauth {
namespace {

constexpr double kLongestLife = 10.0 * 365 * 86400;

bool is_bearer(std::string_view type) {
  constexpr std::string_view kBearer = "bearer";
  return type.size() == kBearer.size() && std::equal(type.begin(), type.end(), kBearer.begin(), [](char a, char b) {
           return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
         });
}

/// A token of the answer; nothing when it is missing. A token with a control character would break the header it is
/// for (R4).
std::optional<Secret> token(const Json& answer, std::string_view name) {
  const Json* member = answer.find(name);
  if (member == nullptr || member->type != Json::Type::string) {
    return Secret();
  }
  return has_control(member->string) ? std::nullopt : std::optional<Secret>(Secret(member->string));
}

TokenFailure unusable(const Asked& asked, const std::string& why) {
  TokenFailure failure;
  failure.error = {ErrorKind::unavailable, asked.host + " gave a token that cannot be used: " + why,
                   "check \"client_id\" and the endpoints in the configuration"};
  failure.maybe_spent = true;
  return failure;
}

}  // namespace

UnixTime wall_clock() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::optional<int> parse_retry_after(std::string_view value, UnixTime now) {
  value = trim(value);
  UnixTime seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (error == std::errc() && end == value.data() + value.size()) {
    return seconds < 0 ? std::nullopt : std::optional(static_cast<int>(std::min<UnixTime>(seconds, 86400)));
  }
  std::tm date = {};
  const std::string text(value);
  const char* stop = strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date);
  if (stop == nullptr || *stop != '\0') {
    return std::nullopt;
  }
  return static_cast<int>(std::clamp<UnixTime>(timegm(&date) - now, 0, 86400));
}

TokenFailure transport_failure(HttpFailure failure) {
  TokenFailure result;
  result.error = std::move(failure.error);
  result.transport = !failure.redirected;
  result.maybe_spent = failure.request_sent && !failure.redirected;
  return result;
}

tl::expected<HttpAnswer, HttpFailure> post_form(Http& http, const Rule& rule, const std::string& url, Fields fields) {
  fields.emplace_back("client_id", rule.client_id);
  if (!rule.client_secret.empty()) {
    // That of an installed application, which everyone has who has the application (RFC 8252 section 8.5).
    fields.emplace_back("client_secret", rule.client_secret);
  }
  HttpRequest request;
  request.method = "POST";
  request.url = url;
  // GitHub answers with a form to those who do not ask for JSON.
  request.headers = {{"Accept", "application/json"}};
  request.body = form(fields);
  request.ca_file = rule.ca_file;
  request.client = {rule.client_certificate, rule.client_key};
  request.allow_http_loopback = rule.allow_http_loopback;
  return http.send(request);
}

tl::expected<Tokens, TokenFailure> parse_token_answer(long status, std::string_view body, const Asked& asked,
                                                      UnixTime now) {
  const Result<Json> answer = parse_json(body);
  if (!answer || answer->type != Json::Type::object || answer->find("error") != nullptr ||
      answer->find("access_token") == nullptr || status >= 400) {
    return tl::unexpected(failed_answer(status, body, asked));
  }
  // RFC 8693 section 2.2.1: N_A where an exchange gives something else than an access token.
  const auto type = answer->text("token_type");
  if (type && !is_bearer(*type) && !(*type == "N_A" && answer->find("issued_token_type") != nullptr)) {
    return tl::unexpected(unusable(asked, "its type is \"" + printable(*type, 40) + "\" and not Bearer"));
  }
  auto access = token(*answer, "access_token");
  auto refresh = token(*answer, "refresh_token");
  auto identity = token(*answer, "id_token");
  if (!access || !refresh || !identity) {
    return tl::unexpected(unusable(asked, "it holds control characters"));
  }
  if (access->empty()) {
    return tl::unexpected(unusable(asked, "it is empty"));
  }
  Tokens tokens;
  const double life = answer->amount("expires_in").value_or(0);
  // Tokens are opaque to us; the date inside one is only a hint where the server says nothing.
  tokens.expires = life >= 1 ? now + static_cast<UnixTime>(std::min(life, kLongestLife)) : jwt_expiry(access->view());
  tokens.scope = answer->text("scope").value_or("");
  tokens.access_token = *std::move(access);
  tokens.refresh_token = *std::move(refresh);
  tokens.id_token = *std::move(identity);
  return tokens;
}

tl::expected<Tokens, TokenFailure> request_tokens(Http& http, const Rule& rule, const std::string& token_endpoint,
                                                  const Fields& fields, UnixTime now) {
  auto answer = post_form(http, rule, token_endpoint, fields);
  if (!answer) {
    return tl::unexpected(transport_failure(std::move(answer).error()));
  }
  auto tokens = parse_token_answer(answer->status, answer->body.view(), asked(rule, token_endpoint), now);
  // What the parser kept of the tokens on the stack.
  wipe_stack();
  if (const auto pause = answer->headers.find("retry-after"); !tokens && pause != answer->headers.end()) {
    tokens.error().retry_after = parse_retry_after(pause->second.front(), now);
  }
  return tokens;
}

tl::expected<Tokens, TokenFailure> refresh(Http& http, const Rule& rule, const Session& session, UnixTime now) {
  // R1: a refresh token goes only to where it came from, whatever the configuration has become since.
  if (rule.client_id != session.client_id || rule.issuer != session.issuer ||
      (!rule.token_endpoint.empty() && rule.token_endpoint != session.token_endpoint)) {
    TokenFailure failure;
    const Asked to = asked(rule, session.token_endpoint);
    failure.error = {ErrorKind::locked, "the login at " + to.host + " is not the one that the configuration names now",
                     "log in again: docker-credential-oauth login " + to.registry};
    return tl::unexpected(std::move(failure));
  }
  Fields fields = {{"grant_type", "refresh_token"}, {"refresh_token", session.refresh_token.view()}};
  if (!rule.resource.empty()) {
    fields.emplace_back("resource", rule.resource);
  }
  return request_tokens(http, rule, session.token_endpoint, fields, now);
}

}  // namespace keyberth::oauth
