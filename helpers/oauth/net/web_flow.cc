// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "common/base64.h"
#include "common/protocol.h"
#include "helpers/oauth/net/answers.h"
#include "helpers/oauth/net/crypto.h"
#include "helpers/oauth/net/loopback.h"

namespace keyberth::oauth {
namespace {

constexpr std::chrono::minutes kLimit(5);
constexpr std::size_t kRandomBytes = 32;

/// What one login is bound to: PKCE (RFC 7636), state, and OpenID's nonce.
struct Binding {
  Secret verifier;
  Secret challenge;
  Secret state;
};

Result<Secret> random_text() {
  auto bytes = random_bytes(kRandomBytes);
  return bytes ? Result<Secret>(base64url(bytes->view())) : pass_on(std::move(bytes));
}

Result<Binding> make_binding() {
  auto verifier = random_text();
  auto state = random_text();
  if (!verifier || !state) {
    return pass_on(std::move(verifier ? state : verifier));
  }
  auto digest = sha256(verifier->view());
  if (!digest) {
    return pass_on(std::move(digest));
  }
  return Binding{*std::move(verifier), base64url(digest->view()), *std::move(state)};
}

bool has_scope(const Rule& rule, std::string_view scope) {
  return std::find(rule.scopes.begin(), rule.scopes.end(), scope) != rule.scopes.end();
}

std::string browser_address(const Rule& rule, const Metadata& metadata, const Binding& binding,
                            const std::string& redirect_uri, const std::string& nonce) {
  const std::string scope = scope_of(rule);
  Fields fields = {{"response_type", "code"},
                   {"client_id", rule.client_id},
                   {"redirect_uri", redirect_uri},
                   {"state", binding.state.view()},
                   {"code_challenge", binding.challenge.view()},
                   {"code_challenge_method", "S256"}};
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) {
      fields.emplace_back(name, value);
    }
  };
  add("scope", scope);
  add("nonce", nonce);
  add("resource", rule.resource);
  add("audience", rule.audience);
  for (const auto& [name, value] : rule.authorization_parameters) {
    add(name, value);
  }
  // OpenID Connect Core section 11: without it providers leave offline_access out.
  if (has_scope(rule, "offline_access") && !rule.authorization_parameters.contains("prompt")) {
    add("prompt", "consent");
  }
  const std::string& endpoint = metadata.authorization_endpoint;
  return endpoint + (endpoint.find('?') == std::string::npos ? "?" : "&") + std::string(form(fields).view());
}

/// RFC 9207 section 2.4: an answer of another provider, or one that does not say whose it is although this provider
/// always does, is an attack.
Result<> check_redirect(const Redirect& redirect, const Metadata& metadata, const Asked& to) {
  if (redirect.iss.empty() ? metadata.announces_iss : !metadata.issuer.empty() && redirect.iss != metadata.issuer) {
    return fail(ErrorKind::denied,
                redirect.iss.empty()
                    ? "the answer in the browser does not say which provider it is from"
                    : "the answer in the browser is from another provider, \"" + printable(redirect.iss) + "\"",
                "try again with a fresh browser window; if that does not help, do not log in at " + to.host);
  }
  if (!redirect.error.empty()) {
    return tl::unexpected(oauth_failure(redirect.error, redirect.error_description, to).error);
  }
  return {};
}

Result<Tokens> exchange(Http& http, const Rule& rule, const Metadata& metadata, const Binding& binding,
                        const std::string& redirect_uri, const Redirect& redirect) {
  KEYBERTH_TRY(check_redirect(redirect, metadata, asked(rule, metadata.authorization_endpoint)));
  Fields fields = {{"grant_type", "authorization_code"},
                   {"code", redirect.code.view()},
                   {"redirect_uri", redirect_uri},
                   {"code_verifier", binding.verifier.view()}};
  if (!rule.resource.empty()) {
    fields.emplace_back("resource", rule.resource);
  }
  auto tokens = request_tokens(http, rule, metadata.token_endpoint, fields, wall_clock());
  if (!tokens) {
    return tl::unexpected(std::move(tokens).error().error);
  }
  return *std::move(tokens);
}

}  // namespace

std::string scope_of(const Rule& rule) {
  std::string scope;
  for (const std::string& one : rule.scopes) {
    scope += (scope.empty() ? "" : " ") + one;
  }
  return scope;
}

Result<Tokens> web_flow(Host& host, Http& http, const Rule& rule, const Metadata& metadata,
                        const std::function<Result<>(const std::string& url)>& open, std::string& nonce) {
  if (metadata.authorization_endpoint.empty()) {
    const Asked to = asked(rule, metadata.token_endpoint);
    return fail(ErrorKind::unavailable, to.host + " does not offer a login with the browser",
                "log in without --web: docker-credential-oauth login " + to.registry);
  }
  const auto binding = make_binding();
  auto listener = Loopback::open();
  auto once = random_text();
  if (!binding || !listener || !once) {
    return tl::unexpected(!binding ? binding.error() : !listener ? listener.error() : once.error());
  }
  nonce = has_scope(rule, "openid") ? std::string(once->view()) : "";
  const auto end = host.now() + kLimit;
  KEYBERTH_TRY(open(browser_address(rule, metadata, *binding, listener->redirect_uri(), nonce)));
  auto redirect = listener->wait(host, end, binding->state.view());
  if (!redirect) {
    return pass_on(std::move(redirect));
  }
  auto tokens = exchange(http, rule, metadata, *binding, listener->redirect_uri(), *redirect);
  listener->answer(tokens.has_value());
  return tokens;
}

}  // namespace keyberth::oauth
