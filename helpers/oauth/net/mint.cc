// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/net/mint.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/base64.h"
#include "common/protocol.h"
#include "common/utf8.h"
#include "helpers/oauth/net/authorization.h"
#include "helpers/oauth/net/jwt.h"

namespace keyberth::oauth {
namespace {

constexpr std::size_t kUsernameLimit = 255;
constexpr double kLongestLife = 10.0 * 365 * 24 * 3600;
constexpr std::string_view kTokenMark = "{token}";
constexpr std::string_view kExchangeGrant = "urn:ietf:params:oauth:grant-type:token-exchange";
constexpr std::string_view kTokenType = "urn:ietf:params:oauth:token-type:";

/// A mint in progress: what the answer said, and the credential that comes of it.
struct Product {
  Secret secret;
  UnixTime expires = 0;
  Json answer;       ///< for user names by field; null without a request
  std::string user;  ///< of a pair
};

std::string login_command(const std::string& registry) { return "docker-credential-oauth login " + registry; }

/// A parameter of the rule, the token in the place of {token}.
Secret with_token(std::string_view pattern, std::string_view token) {
  Secret value;
  while (true) {
    const std::size_t found = pattern.find(kTokenMark);
    value.append(pattern.substr(0, found));
    if (found == std::string_view::npos) {
      return value;
    }
    value.append(token);
    pattern.remove_prefix(found + kTokenMark.size());
  }
}

Result<std::string_view> source_token(const Session& session, const std::string& which, const std::string& registry) {
  const bool wants_id = which == "id_token";
  const Secret& token = wants_id ? session.id_token : session.access_token;
  if (token.empty()) {
    return fail(ErrorKind::locked,
                std::string("the provider gave no ") + (wants_id ? "ID token" : "access token") + " for " + registry,
                wants_id ? "add the scope openid to its rule, then: " + login_command(registry)
                         : "log in again: " + login_command(registry));
  }
  return token.view();
}

/// What a server says about a request it refuses, in the forms of RFC 6749, of Docker's registries and of many others.
std::string reason_in(const Json& answer) {
  for (const char* pointer : {"/error_description", "/error", "/errors/0/message", "/message", "/detail"}) {
    const Json* value = answer.at_pointer(pointer);
    if (value != nullptr && value->type == Json::Type::string && !value->string.empty()) {
      return printable(value->string);
    }
  }
  return {};
}

Error refusal(const std::string& registry, const std::string& host, long status, const Json& answer) {
  const std::string reason = reason_in(answer);
  const bool server_fault = status >= 500;
  return {
      server_fault ? ErrorKind::unavailable : ErrorKind::denied,
      printable(host) + " gave no credential for " + registry + " (HTTP " + std::to_string(status) +
          (reason.empty() ? ")" : "): " + reason),
      server_fault ? "try again in a moment" : "if the rule of " + registry + " is right: " + login_command(registry)};
}

/// Sends a mint request; the answer is a JSON object of a 2xx status, or an error in words.
Result<Json> ask(Http& http, const Rule& rule, const std::string& registry, HttpRequest request) {
  KEYBERTH_TRY(check_endpoint(request.url, rule.allow_http_loopback));
  request.headers.emplace_back("Accept", "application/json");
  request.ca_file = rule.ca_file;
  request.client = {rule.client_certificate, rule.client_key};
  request.allow_http_loopback = rule.allow_http_loopback;
  const auto sent = http.send(request);
  if (!sent) {
    return tl::unexpected(sent.error().error);
  }
  Result<Json> answer = parse_json(sent->body.view());
  const std::string host = url_host(request.url);
  if (sent->status < 200 || sent->status > 299 || (answer && answer->find("error") != nullptr)) {
    return tl::unexpected(refusal(registry, host, sent->status, answer ? *answer : Json()));
  }
  if (!answer || answer->type != Json::Type::object) {
    return fail(ErrorKind::unavailable, printable(host) + " answered with something else than a JSON object",
                "check the mint endpoint in the rule of " + registry);
  }
  return answer;
}

UnixTime expiry_after(std::optional<double> seconds, UnixTime now) {
  return seconds && *seconds > 0 && *seconds < kLongestLife ? now + static_cast<UnixTime>(*seconds) : 0;
}

Result<Secret> secret_at(const Json& answer, std::string_view pointer, const std::string& registry) {
  const Json* value = answer.at_pointer(pointer);
  if (value == nullptr || value->type != Json::Type::string) {
    return fail(ErrorKind::unavailable,
                "the answer with the credential for " + registry + " has no text at " + printable(pointer),
                "see: docker-credential-oauth config check");
  }
  return Secret(value->string);
}

/// RFC 8693 section 2.
Result<Product> exchange(Http& http, const Rule& rule, const std::string& registry, const Session& session,
                         UnixTime now) {
  const Result<std::string_view> token = source_token(session, rule.mint.subject, registry);
  if (!token) {
    return tl::unexpected(token.error());
  }
  const std::string subject_type = std::string(kTokenType) + rule.mint.subject;
  std::vector<std::pair<std::string_view, std::string_view>> fields{{"grant_type", kExchangeGrant},
                                                                    {"client_id", rule.client_id},
                                                                    {"subject_token", *token},
                                                                    {"subject_token_type", subject_type}};
  for (const auto& [name, value] : {std::pair<std::string_view, std::string_view>{"audience", rule.mint.audience},
                                    {"resource", rule.mint.resource},
                                    {"scope", rule.mint.scope},
                                    {"requested_token_type", rule.mint.requested_type}}) {
    if (!value.empty()) {
      fields.emplace_back(name, value);
    }
  }
  HttpRequest request;
  request.method = "POST";
  request.url = for_registry(rule.mint.endpoint.empty() ? session.token_endpoint : rule.mint.endpoint, registry);
  request.body = form(fields);
  Result<Json> answer = ask(http, rule, registry, std::move(request));
  if (!answer) {
    return pass_on(std::move(answer));
  }
  Result<Secret> secret = secret_at(*answer, "/access_token", registry);
  if (!secret) {
    return pass_on(std::move(secret));
  }
  const UnixTime expires = expiry_after(answer->amount("expires_in"), now);
  const UnixTime hint = expires != 0 ? expires : jwt_expiry(secret->view());
  return Product{std::move(*secret), hint, std::move(*answer), {}};
}

/// Azure Container Registry: an Entra access token for a refresh token of the registry.
Result<Product> acr(Http& http, const Rule& rule, const std::string& registry, const Session& session) {
  const Result<std::string_view> token = source_token(session, "access_token", registry);
  if (!token) {
    return tl::unexpected(token.error());
  }
  std::vector<std::pair<std::string_view, std::string_view>> fields{
      {"grant_type", "access_token"}, {"service", registry}, {"access_token", *token}};
  if (!rule.mint.tenant.empty()) {
    fields.emplace_back("tenant", rule.mint.tenant);
  }
  HttpRequest request;
  request.method = "POST";
  request.url =
      for_registry(rule.mint.endpoint.empty() ? "https://{registry}/oauth2/exchange" : rule.mint.endpoint, registry);
  request.body = form(fields);
  Result<Json> answer = ask(http, rule, registry, std::move(request));
  if (!answer) {
    return pass_on(std::move(answer));
  }
  Result<Secret> secret = secret_at(*answer, "/refresh_token", registry);
  if (!secret) {
    return pass_on(std::move(secret));
  }
  const UnixTime expires = jwt_expiry(secret->view());
  return Product{std::move(*secret), expires, std::move(*answer), {}};
}

/// The body of an http-json request: its parameters as a form or as JSON, the token in place of {token}.
Secret http_json_body(const MintRule& mint, const std::string& registry, std::string_view token) {
  std::vector<std::pair<std::string_view, Secret>> values;
  for (const auto& [name, pattern] : mint.parameters) {
    values.emplace_back(name, with_token(for_registry(pattern, registry), token));
  }
  if (mint.authentication == "json") {
    Json object = Json::make_object();
    for (const auto& [name, value] : values) {
      object.set(name, Json::of(value.view()));
    }
    return write_json(object);
  }
  std::vector<std::pair<std::string_view, std::string_view>> fields;
  fields.reserve(values.size());
  for (const auto& [name, value] : values) {
    fields.emplace_back(name, value.view());
  }
  return form(fields);
}

Result<Product> http_json(Http& http, const Rule& rule, const std::string& registry, const Session& session,
                          UnixTime now) {
  const Result<std::string_view> token = source_token(session, rule.mint.token, registry);
  if (!token) {
    return tl::unexpected(token.error());
  }
  HttpRequest request;
  request.method = rule.mint.method;
  request.url = for_registry(rule.mint.endpoint, registry);
  if (rule.mint.authentication == "bearer") {
    request.authorization = bearer_authorization(*token);
  } else if (rule.mint.authentication == "basic") {
    request.authorization = basic_authorization(for_registry(rule.mint.basic_user, registry), *token);
  }
  if (request.method != "GET" && !rule.mint.parameters.empty()) {
    request.body = http_json_body(rule.mint, registry, *token);
    request.content_type =
        rule.mint.authentication == "json" ? "application/json" : "application/x-www-form-urlencoded";
  }
  Result<Json> answer = ask(http, rule, registry, std::move(request));
  if (!answer) {
    return pass_on(std::move(answer));
  }
  Result<Secret> secret = secret_at(*answer, rule.mint.secret_field, registry);
  if (!secret) {
    return pass_on(std::move(secret));
  }
  std::string user;
  if (rule.mint.pair) {
    std::optional<Secret> pair = from_base64(secret->view());
    const std::size_t colon = pair ? pair->view().find(':') : std::string_view::npos;
    if (colon == std::string_view::npos) {
      return fail(ErrorKind::unavailable,
                  "the answer with the credential for " + registry + " has no user name and password at " +
                      printable(rule.mint.secret_field),
                  "see: docker-credential-oauth config check");
    }
    user = pair->view().substr(0, colon);
    secret = Secret(pair->view().substr(colon + 1));
  }
  std::optional<double> life;
  if (const Json* value = rule.mint.expires_field.empty() ? nullptr : answer->at_pointer(rule.mint.expires_field)) {
    Json holder = Json::make_object();
    holder.set("life", *value);
    life = holder.amount("life");
  }
  return Product{std::move(*secret), expiry_after(life, now), std::move(*answer), std::move(user)};
}

Result<Product> make(Http& http, const Rule& rule, const std::string& registry, const Session& session, UnixTime now) {
  switch (rule.mint.shape) {
    case Shape::access_token:
    case Shape::id_token: {
      const bool is_id = rule.mint.shape == Shape::id_token;
      const Result<std::string_view> token = source_token(session, is_id ? "id_token" : "access_token", registry);
      if (!token) {
        return tl::unexpected(token.error());
      }
      return Product{Secret(*token), is_id ? jwt_expiry(*token) : session.expires, Json(), {}};
    }
    case Shape::exchange:
      return exchange(http, rule, registry, session, now);
    case Shape::acr:
      return acr(http, rule, registry, session);
    case Shape::http_json:
      return http_json(http, rule, registry, session, now);
  }
  return fail(ErrorKind::internal, "unknown shape of credential");
}

/// The name as a server gave it; nothing when there is none.
std::optional<std::string> given_name(const Rule& rule, const Session& session, const Product& product) {
  const std::string& where = rule.username.value;
  if (where.empty() && rule.mint.pair && !product.user.empty()) {
    return product.user;
  }
  Json claims;
  const bool is_claim = rule.username.source == UsernameRule::Source::claim;
  if (is_claim) {
    // Checked when it came from the token endpoint (OpenID Connect Core 3.1.3.7).
    if (Result<Json> read = jwt_claims(session.id_token.view())) {
      claims = std::move(*read);
    }
  }
  const Json& source = is_claim ? claims : product.answer;
  const Json* value = where.starts_with('/') ? source.at_pointer(where) : source.find(where);
  if (value == nullptr || value->type != Json::Type::string) {
    return std::nullopt;
  }
  return value->string;
}

/// A literal name was written by the user; the others come from a server, and must not turn into the word that makes
/// clients take the secret for an identity token.
Result<std::string> username(const Rule& rule, const std::string& registry, const Session& session,
                             const Product& product) {
  const UsernameRule& wanted = rule.username;
  if (wanted.source == UsernameRule::Source::literal) {
    return wanted.value;
  }
  std::optional<std::string> name = given_name(rule, session, product);
  if (name && !wanted.until.empty()) {
    name->resize(std::min(name->find(wanted.until), name->size()));
  }
  if (!name || *name == "<token>") {
    const bool is_claim = wanted.source == UsernameRule::Source::claim;
    return fail(ErrorKind::denied,
                std::string(is_claim ? "the ID token has no claim " : "the answer has no field ") +
                    printable(wanted.value) + " for the user name at " + registry,
                is_claim ? "add the scopes openid and profile to its rule, or name another claim, then: " +
                               login_command(registry)
                         : "see: docker-credential-oauth config check");
  }
  return *std::move(name);
}

Result<> check_release(const std::string& name, const Secret& secret, const std::string& registry) {
  if (name.empty() || name.size() > kUsernameLimit || !is_utf8(name) || has_control(name) ||
      name.find(':') != std::string::npos || printable(name, kUsernameLimit) != name) {
    return fail(ErrorKind::denied,
                "the user name for " + registry +
                    " is empty, too long, or has characters that no "
                    "registry can be sent",
                "set \"username\" in its rule");
  }
  constexpr std::string_view kForbidden("\r\n\0", 3);
  if (secret.empty() || secret.view().find_first_of(kForbidden) != std::string_view::npos) {
    return fail(ErrorKind::denied, "the credential for " + registry + " is empty or has a line break in it",
                "check the mint settings in its rule");
  }
  return {};
}

}  // namespace

Result<Session::Minted> mint(Http& http, const Rule& rule, const std::string& registry, const Session& session,
                             UnixTime now) {
  Result<Product> product = make(http, rule, registry, session, now);
  if (!product) {
    return pass_on(std::move(product));
  }
  Result<std::string> name = username(rule, registry, session, *product);
  if (!name) {
    return pass_on(std::move(name));
  }
  KEYBERTH_TRY(check_release(*name, product->secret, registry));
  return Session::Minted{registry, std::move(*name), std::move(product->secret), now, product->expires};
}

}  // namespace keyberth::oauth
