// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "common/protocol.h"
#include "helpers/oauth/net/answers.h"

namespace keyberth::oauth {
namespace {

/// In the texts, @ stands for the server, % for the client id, $ for the registry.
struct Meaning {
  std::string_view code;
  ErrorKind kind;
  std::string_view message;
  std::string_view hint;
  bool try_later = false;
};

constexpr std::string_view kLogin = "log in again: docker-credential-oauth login $";
constexpr std::string_view kWebLogin = "try the other way: docker-credential-oauth login --web $";
constexpr std::string_view kOtherApplication =
    "register it there as a public (native) application, or correct \"client_id\" in the configuration";

// RFC 6749 section 5.2, RFC 8628 section 3.5, RFC 8707, OpenID Connect Core 3.1.2.6, and what GitHub and Entra add.
constexpr std::array kMeanings = {
    Meaning{"authorization_pending", ErrorKind::timed_out, "nobody has confirmed the login at @ yet", kLogin},
    Meaning{"slow_down", ErrorKind::unavailable, "@ wants to be asked less often", "try again in a minute", true},
    Meaning{"access_denied", ErrorKind::denied, "the login was refused at @", kLogin},
    Meaning{"authorization_declined", ErrorKind::denied, "the login was refused at @", kLogin},
    Meaning{"expired_token", ErrorKind::timed_out, "the code was not confirmed in time at @", kLogin},
    Meaning{"bad_verification_code", ErrorKind::locked, "@ does not know the code of this login any more", kLogin},
    Meaning{"incorrect_device_code", ErrorKind::locked, "@ does not know the code of this login any more", kLogin},
    Meaning{"invalid_grant", ErrorKind::locked,
            "@ does not accept this login any more: it has expired, was revoked, or was used already", kLogin},
    Meaning{"invalid_client", ErrorKind::denied, "@ does not know the client \"%\", or wants a secret from it",
            kOtherApplication},
    Meaning{"unauthorized_client", ErrorKind::denied, "@ does not allow the client \"%\" to log in this way",
            "allow the device flow for it there, or try: docker-credential-oauth login --web $"},
    Meaning{"unsupported_grant_type", ErrorKind::unavailable, "@ does not have this way to log in", kWebLogin},
    Meaning{"unsupported_response_type", ErrorKind::unavailable, "@ does not have this way to log in",
            "try without --web: docker-credential-oauth login $"},
    Meaning{"device_flow_disabled", ErrorKind::denied, "@ has the device flow switched off for the client \"%\"",
            "switch it on in the settings of that application, or try: docker-credential-oauth login --web $"},
    Meaning{"invalid_scope", ErrorKind::denied, "@ does not grant the scopes that were asked for",
            "correct \"scopes\" in the configuration"},
    Meaning{"invalid_target", ErrorKind::denied, "@ issues no tokens for the resource that was asked for",
            "correct \"resource\" or \"audience\" in the configuration"},
    Meaning{"invalid_request", ErrorKind::denied, "@ does not understand the request",
            "check \"client_id\", \"scopes\" and the endpoints in the configuration"},
    Meaning{"server_error", ErrorKind::unavailable, "@ has an internal error", "try again later", true},
    Meaning{"temporarily_unavailable", ErrorKind::unavailable, "@ is overloaded or being maintained", "try again later",
            true},
    Meaning{"interaction_required", ErrorKind::locked, "@ wants you to log in again", kLogin},
    Meaning{"login_required", ErrorKind::locked, "@ wants you to log in again", kLogin},
    Meaning{"consent_required", ErrorKind::locked, "@ wants your consent once more", kLogin},
};

std::string filled(std::string_view text, const Asked& asked) {
  std::string out;
  for (const char c : text) {
    if (c == '@') {
      out += asked.host;
    } else if (c == '%') {
      out += printable(asked.client_id);
    } else if (c == '$') {
      out += asked.registry;
    } else {
      out += c;
    }
  }
  return out;
}

std::string quoted(std::string_view text) { return text.empty() ? "" : ": \"" + printable(text) + "\""; }

Error by_status(long status, std::string_view body, const Asked& asked) {
  const std::string number = " (status " + std::to_string(status) + ")";
  if (status >= 500) {
    return {ErrorKind::unavailable, asked.host + " cannot answer at the moment" + number, "try again later"};
  }
  if (status == 429) {
    return {ErrorKind::unavailable, asked.host + " wants to be asked less often" + number, "try again in a minute"};
  }
  if (status == 404 || status == 405) {
    return {ErrorKind::unavailable, asked.host + " has nothing at that address" + number,
            "correct the endpoints or \"issuer\" in the configuration"};
  }
  if (status == 401 || status == 403) {
    return {ErrorKind::denied, asked.host + " refuses the request and does not say why" + number,
            "check \"client_id\" in the configuration"};
  }
  const auto start = body.find_first_not_of(" \t\r\n");
  const std::string what = start == std::string_view::npos ? "nothing"
                           : body[start] == '<'            ? "a web page"
                                                           : "something that is not the JSON of an OAuth answer";
  return {ErrorKind::unavailable, asked.host + " answered with " + what + number,
          "check that the endpoints in the configuration are those of the provider"};
}

}  // namespace

Asked asked(const Rule& rule, std::string_view url) {
  return {url_host(url), rule.client_id, rule.pattern.find('*') == std::string::npos ? rule.pattern : "REGISTRY"};
}

TokenFailure oauth_failure(std::string_view code, std::string_view description, const Asked& asked) {
  TokenFailure failure;
  failure.code = printable(code, 64);
  const auto* meaning =
      std::find_if(kMeanings.begin(), kMeanings.end(), [&](const Meaning& known) { return known.code == code; });
  if (meaning == kMeanings.end()) {
    failure.error = {ErrorKind::unavailable,
                     asked.host + " answers with the error \"" + failure.code + "\"" + quoted(description),
                     "the provider's documentation explains it"};
    return failure;
  }
  failure.error = {meaning->kind, filled(meaning->message, asked) + quoted(description), filled(meaning->hint, asked)};
  failure.transport = meaning->try_later && code != "slow_down";
  failure.maybe_spent = code == "server_error";
  return failure;
}

TokenFailure failed_answer(long status, std::string_view body, const Asked& asked) {
  const Result<Json> json = parse_json(body);
  const Json* error = json ? json->find("error") : nullptr;
  if (error != nullptr && error->type == Json::Type::string && !error->string.empty()) {
    auto failure = oauth_failure(error->string, json->text("error_description").value_or(""), asked);
    if (const auto interval = json->amount("interval"); interval && *interval >= 1 && *interval <= 86400) {
      failure.interval = static_cast<int>(*interval);
    }
    // These two say that nothing was done, whatever the code.
    failure.maybe_spent = failure.maybe_spent && status != 503 && status != 429;
    // A code that says nothing to us does not turn a server's failure into a refusal.
    const bool known = std::any_of(kMeanings.begin(), kMeanings.end(),
                                   [&](const Meaning& meaning) { return meaning.code == error->string; });
    if (!known && (status >= 500 || status == 429)) {
      failure.code.clear();
      failure.transport = true;
      failure.maybe_spent = status >= 500 && status != 503;
    }
    return failure;
  }
  TokenFailure failure;
  failure.error = by_status(status, body, asked);
  // Google's other interfaces: {"error": {"message": ...}}; others: {"message": ...}.
  const Json* told = error != nullptr && error->type == Json::Type::object ? error : json ? &*json : nullptr;
  if (told != nullptr) {
    failure.error.message += quoted(told->text("message").value_or(""));
  }
  failure.transport = status >= 500 || status == 429;
  // 503 and 429 say that nothing was done; a success that cannot be read says that something was.
  failure.maybe_spent = (status >= 500 && status != 503) || status < 300;
  return failure;
}

}  // namespace keyberth::oauth
