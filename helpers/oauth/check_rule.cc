// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "common/protocol.h"
#include "helpers/oauth/schema.h"
#include "helpers/oauth/url.h"

/// The rules that a complete rule must keep, whatever file its parts came from.
namespace keyberth::oauth {
namespace {

constexpr std::size_t kUsernameLimit = 255;
constexpr std::array<std::string_view, 14> kReserved{
    "response_type",  "response_mode",         "client_id", "client_secret", "redirect_uri", "state",    "nonce",
    "code_challenge", "code_challenge_method", "request",   "request_uri",   "scope",        "resource", "audience"};

class Checker {
 public:
  Checker(const Rule& rule, const Locate& locate) : rule_(rule), locate_(locate) {}

  Outcome run() {
    for (Outcome (Checker::*check)() :
         {&Checker::provider, &Checker::endpoints, &Checker::authorization, &Checker::files, &Checker::id_token,
          &Checker::username, &Checker::mint, &Checker::http_json, &Checker::session}) {
      if (Outcome outcome = (this->*check)(); !outcome) {
        return outcome;
      }
    }
    return {};
  }

 private:
  tl::unexpected<Mistake> mistake(std::string_view pointer, std::string message, std::string hint = {}) const {
    return tl::unexpected(Mistake{locate_(pointer), std::move(message), std::move(hint)});
  }

  Outcome provider() {
    if (rule_.client_id.empty()) {
      return mistake("/client_id", "this registry has no client_id",
                     "register a client for native applications at the provider, and write its id here");
    }
    const bool way_in = !rule_.device_endpoint.empty() || !rule_.authorization_endpoint.empty();
    if (rule_.issuer.empty() && (rule_.token_endpoint.empty() || !way_in)) {
      return mistake("/issuer", "this registry has neither an issuer nor endpoints for a login",
                     "write \"issuer\": \"https://...\", or \"endpoints\" with \"token\" and \"device\" or "
                     "\"authorization\"");
    }
    return {};
  }

  Outcome url(std::string_view pointer, const std::string& address) {
    if (address.empty()) {
      return {};
    }
    // The registry's own address stands in for {registry}, which a rule for many registries still has.
    Result<> checked = check_endpoint(for_registry(address, "registry.example"), rule_.allow_http_loopback);
    if (!checked) {
      return mistake(pointer, std::move(checked.error().message), std::move(checked.error().hint));
    }
    return {};
  }

  Outcome endpoints() {
    const std::pair<std::string_view, const std::string*> all[] = {
        {"/issuer", &rule_.issuer},
        {"/endpoints/device", &rule_.device_endpoint},
        {"/endpoints/authorization", &rule_.authorization_endpoint},
        {"/endpoints/token", &rule_.token_endpoint},
        {"/endpoints/revocation", &rule_.revocation_endpoint},
        {"/mint/endpoint", &rule_.mint.endpoint}};
    for (const auto& [pointer, address] : all) {
      if (Outcome checked = url(pointer, *address); !checked) {
        return checked;
      }
    }
    if (rule_.issuer.find('?') != std::string::npos) {
      return mistake("/issuer", "an issuer has no query part");
    }
    // RFC 8707 section 2
    if (rule_.resource.find('#') != std::string::npos ||
        (!rule_.resource.empty() && rule_.resource.find(':') == std::string::npos)) {
      return mistake("/resource", "this must be an absolute URI without a fragment");
    }
    return {};
  }

  Outcome files() {
    const std::pair<std::string_view, const std::string*> all[] = {{"/ca_file", &rule_.ca_file},
                                                                   {"/client_certificate", &rule_.client_certificate},
                                                                   {"/client_key", &rule_.client_key}};
    for (const auto& [pointer, path] : all) {
      if (!path->empty() && path->front() != '/') {
        return mistake(pointer, "this must be an absolute path");
      }
    }
    if (rule_.client_certificate.empty() != rule_.client_key.empty()) {
      const bool has_key = rule_.client_certificate.empty();
      return mistake(has_key ? "/client_key" : "/client_certificate",
                     has_key ? "a client key needs its certificate" : "a client certificate needs its key",
                     std::string("write \"") + (has_key ? "client_certificate" : "client_key") + "\": \"/...\" too");
    }
    return {};
  }

  /// What binds the answer to this login, and what has a member of its own, is not for others to say (RFC 6749 section
  /// 3.1: no parameter twice; RFC 9101: a request object stands in for all of them).
  Outcome authorization() {
    for (const auto& [name, value] : rule_.authorization_parameters) {
      if (name.empty() || std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end()) {
        return mistake("/authorization_parameters", "\"" + printable(name) + "\" is not for a rule to say",
                       "leave it out; scopes, resource and audience are members of the rule itself");
      }
    }
    return {};
  }

  Outcome id_token() {
    const bool has_scope = std::find(rule_.scopes.begin(), rule_.scopes.end(), "openid") != rule_.scopes.end();
    const MintRule& mint = rule_.mint;
    const bool needed = rule_.username.source == UsernameRule::Source::claim || mint.shape == Shape::id_token ||
                        (mint.shape == Shape::exchange && mint.subject == "id_token") ||
                        (mint.shape == Shape::http_json && mint.token == "id_token");
    if (needed && !has_scope) {
      return mistake("/scopes", "this rule needs an ID token, but its scopes have no \"openid\"",
                     "add \"openid\" to \"scopes\", or take the user name from elsewhere than a claim");
    }
    return {};
  }

  Outcome username() {
    const UsernameRule& username = rule_.username;
    if (username.source == UsernameRule::Source::literal && !username.until.empty()) {
      return mistake("/username/until", "only a claim or a field can be cut", "write the name itself as it is to be");
    }
    const bool from_answer =
        rule_.mint.shape == Shape::http_json || rule_.mint.shape == Shape::exchange || rule_.mint.shape == Shape::acr;
    if (username.source == UsernameRule::Source::field) {
      if (!from_answer) {
        return mistake("/username", "a user name can be a field of an answer only where one is asked for",
                       "use it with the mint shapes exchange, acr and http-json");
      }
      if (username.value.empty() && !rule_.mint.pair) {
        return mistake("/username", "this field is empty", "write a JSON pointer, such as /username");
      }
      return {};
    }
    // RFC 7617 section 2: a colon ends the user name.
    if (username.value.empty() || username.value.size() > kUsernameLimit ||
        (username.source == UsernameRule::Source::literal && username.value.find(':') != std::string::npos)) {
      return mistake("/username", "a user name is 1 to 255 bytes long and has no colon");
    }
    return {};
  }

  Outcome mint() {
    const MintRule& mint = rule_.mint;
    if (mint.shape == Shape::exchange && mint.audience.empty() && mint.resource.empty() && mint.scope.empty()) {
      return mistake("/mint", "a token exchange needs an audience, a resource or a scope to exchange for");
    }
    if (rule_.answer_token && mint.shape == Shape::id_token) {
      return mistake("/answer", "an ID token is no identity token of a registry",
                     "leave out \"answer\", or use another mint shape");
    }
    return {};
  }

  Outcome http_json() {
    const MintRule& mint = rule_.mint;
    if (mint.shape != Shape::http_json) {
      return {};
    }
    if (mint.endpoint.empty()) {
      return mistake("/mint", "http-json needs the \"endpoint\" to ask");
    }
    const bool in_body = mint.authentication == "form" || mint.authentication == "json";
    if (in_body && mint.method == "GET") {
      // RFC 6750 section 5.3: tokens do not belong into URLs.
      return mistake("/mint/method", "a token in a form or in JSON cannot be sent with GET",
                     "use \"method\": \"POST\"");
    }
    if (mint.authentication == "basic" && mint.basic_user.empty()) {
      return mistake("/mint", "basic authentication needs a \"basic_user\"");
    }
    const auto missing = std::find_if(mint.parameters.begin(), mint.parameters.end(),
                                      [](const auto& parameter) { return parameter.second.empty(); });
    if (missing != mint.parameters.end()) {
      return mistake("/mint/parameters", "the parameter \"" + missing->first + "\" must be given",
                     "write \"mint\": {\"parameters\": {\"" + missing->first + "\": \"...\"}}");
    }
    if (in_body && std::none_of(mint.parameters.begin(), mint.parameters.end(),
                                [](const auto& item) { return item.second.find("{token}") != std::string::npos; })) {
      return mistake("/mint/parameters", "no parameter has the text {token}, so the token is not sent");
    }
    return {};
  }

  Outcome session() {
    if (rule_.session.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") !=
        std::string::npos) {
      return mistake("/session", "the name of a session has letters, digits, dots, dashes and underscores only");
    }
    return {};
  }

  const Rule& rule_;
  const Locate& locate_;
};

}  // namespace

Outcome check_rule(const Rule& rule, const Locate& locate) { return Checker(rule, locate).run(); }

}  // namespace keyberth::oauth
