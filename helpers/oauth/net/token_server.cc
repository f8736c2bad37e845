// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/net/token_server.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/protocol.h"
#include "helpers/oauth/json.h"
#include "helpers/oauth/net/authorization.h"
#include "helpers/oauth/url.h"

namespace keyberth::oauth {
namespace {

constexpr std::string_view kClient = "docker-credential-oauth";
constexpr std::string_view kHub = "docker.io";
constexpr std::string_view kHubDoor = "https://registry-1.docker.io";
constexpr std::string_view kHubTokenServer = "auth.docker.io";
constexpr std::chrono::seconds kTimeLimit{15};
constexpr long kUnauthorized = 401;
constexpr long kForbidden = 403;
constexpr long kRequestTimeout = 408;
constexpr long kTooManyRequests = 429;

HttpRequest prepared(const Rule& rule, std::string url) {
  HttpRequest request;
  request.url = std::move(url);
  request.headers.emplace_back("Accept", "application/json");
  request.ca_file = rule.ca_file;
  request.client = {rule.client_certificate, rule.client_key};
  request.allow_http_loopback = rule.allow_http_loopback;
  request.time_limit = kTimeLimit;
  return request;
}

/// A failure that says nothing about the credential.
bool is_passing(long status) { return status >= 500 || status == kRequestTimeout || status == kTooManyRequests; }

bool is_success(long status) { return status >= 200 && status <= 299; }

const std::vector<std::string>& challenges(const HttpAnswer& answer) {
  static const std::vector<std::string> kNone;
  const auto found = answer.headers.find("www-authenticate");
  return found == answer.headers.end() ? kNone : found->second;
}

/// A registry on this machine may speak http, where the rule allows it.
std::vector<std::string> doors(const Rule& rule, const std::string& registry) {
  if (registry == kHub) {
    return {std::string(kHubDoor)};
  }
  const std::optional<Url> plain = parse_url("http://" + registry);
  if (rule.allow_http_loopback && plain && plain->is_loopback_literal()) {
    return {"https://" + registry, "http://" + registry};
  }
  return {"https://" + registry};
}

/// R2: where a credential of this registry may be sent.
Result<> check_realm(const Rule& rule, const std::string& registry, const std::string& realm) {
  const std::string host = url_host(realm);
  const bool is_hub = registry == kHub && host == kHubTokenServer;
  const bool is_named = std::find(rule.realm_hosts.begin(), rule.realm_hosts.end(), host) != rule.realm_hosts.end();
  if (Result<> usable = check_endpoint(realm, rule.allow_http_loopback); !usable) {
    return fail(ErrorKind::bad_input, registry + " names a token server that cannot be used: " + usable.error().message,
                "nothing was sent to it; ask those who run the registry");
  }
  if (host != registry && !is_hub && !is_named) {
    return fail(ErrorKind::bad_input,
                registry + " sends logins to another host, " + printable(host) + ", which its rule does not name",
                "if that host may see the credential, add \"realm_hosts\": [\"" + printable(host) +
                    "\"] to the rule, " +
                    "in the file that doctor names under \"configuration\": docker-credential-oauth doctor");
  }
  return {};
}

std::string first_error(const Json& answer) {
  for (const char* pointer : {"/errors/0/message", "/error_description", "/details", "/message", "/error"}) {
    const Json* value = answer.at_pointer(pointer);
    if (value != nullptr && value->type == Json::Type::string && !value->string.empty()) {
      return ": " + printable(value->string);
    }
  }
  return {};
}

/// GET with Basic (what every token server takes), or for identity tokens the OAuth2 form of the specification.
HttpRequest token_request(const Rule& rule, const Challenge& challenge, const std::string& scope,
                          const Session::Minted* credential) {
  const auto parameter = [&](const char* name) {
    const auto found = challenge.parameters.find(name);
    return found == challenge.parameters.end() ? std::string() : found->second;
  };
  const std::string realm = parameter("realm");
  const std::string service = parameter("service");
  std::vector<std::pair<std::string_view, std::string_view>> fields{{"client_id", kClient}};
  if (!service.empty()) {
    fields.emplace_back("service", service);
  }
  if (!scope.empty()) {
    fields.emplace_back("scope", scope);
  }
  HttpRequest request = prepared(rule, realm);
  if (credential != nullptr && (rule.answer_token || credential->username == "<token>")) {
    fields.emplace_back("grant_type", "refresh_token");
    fields.emplace_back("refresh_token", credential->secret.view());
    request.method = "POST";
    request.body = form(fields);
    return request;
  }
  if (credential != nullptr) {
    fields.emplace_back("account", credential->username);
    request.authorization = basic_authorization(credential->username, credential->secret.view());
  }
  const Secret query = form(fields);
  request.url += realm.find('?') == std::string::npos ? "?" : "&";
  request.url += query.view();
  return request;
}

/// "team/app" of "repository:team/app:pull".
std::string repository_of(const std::string& scope) {
  const std::size_t start = scope.find(':') + 1;
  return scope.substr(start, scope.rfind(':') - start);
}

}  // namespace

Result<Door> knock(Http& http, const Rule& rule, const std::string& registry) {
  Error problem;
  for (const std::string& address : doors(rule, registry)) {
    const auto answer = http.send(prepared(rule, address + "/v2/"));
    if (!answer) {
      problem = answer.error().error;
      continue;
    }
    Door door{address, is_success(answer->status), false, bearer_challenge(challenges(*answer))};
    for (const std::string& header : challenges(*answer)) {
      for (const Challenge& challenge : parse_challenges(header)) {
        door.basic = door.basic || challenge.scheme == "basic";
      }
    }
    if (!door.open && !door.basic && !door.bearer) {
      return fail(ErrorKind::unavailable, registry + " does not answer as a registry does (HTTP " +
                                              std::to_string(answer->status) + " at /v2/)");
    }
    return door;
  }
  return tl::unexpected(std::move(problem));
}

Result<RegistryToken> registry_token(Http& http, const Rule& rule, const std::string& registry, const Door& door,
                                     const std::string& scope, const Session::Minted* credential) {
  if (!door.bearer) {
    return fail(ErrorKind::unavailable, registry + " works without tokens");
  }
  const std::string& realm = door.bearer->parameters.at("realm");
  KEYBERTH_TRY(check_realm(rule, registry, realm));
  const auto sent = http.send(token_request(rule, *door.bearer, scope, credential));
  if (!sent) {
    return tl::unexpected(sent.error().error);
  }
  const Result<Json> answer = parse_json(sent->body.view());
  const std::string host = printable(url_host(realm));
  if (!is_success(sent->status)) {
    const bool refused = !is_passing(sent->status);
    return fail(refused ? ErrorKind::denied : ErrorKind::unavailable,
                "the token server " + host + " of " + registry + (refused ? " refused " : " failed on ") +
                    (credential != nullptr ? "the credential" : "a token for everybody") + " (HTTP " +
                    std::to_string(sent->status) + ")" + (answer ? first_error(*answer) : ""));
  }
  const auto text = [&](const char* name) { return answer ? answer->text(name).value_or("") : std::string(); };
  const std::string token = text("token").empty() ? text("access_token") : text("token");
  if (token.empty() || token.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
    return fail(ErrorKind::unavailable, "the token server " + host + " of " + registry + " answered without a token");
  }
  return RegistryToken{Secret(token), answer->amount("expires_in").value_or(60), !text("refresh_token").empty()};
}

bool token_opens(Http& http, const Rule& rule, const Door& door, const std::string& scope, const Secret& token) {
  const std::string path = scope.empty() ? "/v2/" : "/v2/" + repository_of(scope) + "/tags/list?n=1";
  HttpRequest request = prepared(rule, door.address + path);
  request.authorization = bearer_authorization(token.view());
  const auto answer = http.send(request);
  return answer && answer->status != kUnauthorized && answer->status != kForbidden;
}

Trial try_credential(Http& http, const Rule& rule, const std::string& registry, const Session::Minted& credential) {
  Result<Door> door = knock(http, rule, registry);
  if (!door) {
    return {Trial::Outcome::not_tried, std::move(door).error()};
  }
  if (door->open) {
    return {Trial::Outcome::open, {}};
  }
  HttpRequest request = prepared(rule, door->address + "/v2/");
  if (door->bearer) {
    Result<RegistryToken> token = registry_token(http, rule, registry, *door, "", &credential);
    if (!token) {
      const bool refused = token.error().kind == ErrorKind::denied;
      return {refused ? Trial::Outcome::refused : Trial::Outcome::not_tried, std::move(token).error()};
    }
    request.authorization = bearer_authorization(token->token.view());
  } else {
    request.authorization = basic_authorization(credential.username, credential.secret.view());
  }
  const auto answer = http.send(request);
  if (!answer) {
    return {Trial::Outcome::not_tried, answer.error().error};
  }
  if (is_success(answer->status)) {
    return {Trial::Outcome::accepted, {}};
  }
  if (is_passing(answer->status)) {
    return {
        Trial::Outcome::not_tried,
        {ErrorKind::unavailable, registry + " cannot answer now (HTTP " + std::to_string(answer->status) + ")", ""}};
  }
  return {Trial::Outcome::refused,
          {ErrorKind::denied,
           "the registry " + registry + " refused " + (door->bearer ? "its token server's token" : "the credential") +
               " (HTTP " + std::to_string(answer->status) + ")",
           ""}};
}

}  // namespace keyberth::oauth
