// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/host.h"
#include "helpers/oauth/config.h"
#include "helpers/oauth/json.h"
#include "helpers/oauth/net/http.h"
#include "helpers/oauth/session.h"

namespace keyberth::oauth {

/// Where a provider's endpoints are (RFC 8414, OpenID Connect Discovery).
struct Metadata {
  std::string issuer;
  std::string authorization_endpoint;
  std::string token_endpoint;
  std::string device_authorization_endpoint;
  std::string revocation_endpoint;
  bool announces_iss = false;  ///< authorization_response_iss_parameter_supported (RFC 9207)
};

/// Reads the provider's metadata (RFC 8414 form, then OpenID's); the issuer in it must equal the rule's. Explicit
/// endpoints of the rule win; with all of them given, nothing is fetched. Errors are English sentences with a hint.
[[nodiscard]] Result<Metadata> discover(Http& http, const Rule& rule);

/// What a token endpoint gave.
struct Tokens {
  Secret access_token;
  Secret refresh_token;  ///< empty when the answer has none
  Secret id_token;
  std::string scope;
  UnixTime expires = 0;
};

/// An OAuth error answer or a failure on the way, with what the caller must know to go on.
struct TokenFailure {
  Error error;
  std::string code;                ///< "invalid_grant" and so on; empty when there was no such answer
  std::optional<int> interval;     ///< seconds, when a slow_down brings a new one
  std::optional<int> retry_after;  ///< seconds, when the server asks for a pause
  bool maybe_spent = false;        ///< the request may have reached the server, and no answer says what became of it
  bool transport = false;          ///< no answer of the provider: time-out, connection, 5xx
};

/// One request to a token endpoint with the client's id. Decides by the JSON body, not by the status: 200 with an
/// error, 403, 428, numbers as strings, empty and non-JSON bodies are understood as far as possible. token_type must be
/// Bearer.
[[nodiscard]] tl::expected<Tokens, TokenFailure> request_tokens(
    Http& http, const Rule& rule, const std::string& token_endpoint,
    const std::vector<std::pair<std::string_view, std::string_view>>& fields, UnixTime now);

/// RFC 6749 section 6. The session's refresh token goes to the session's token endpoint only.
[[nodiscard]] tl::expected<Tokens, TokenFailure> refresh(Http& http, const Rule& rule, const Session& session,
                                                         UnixTime now);

/// RFC 7009. An error when the provider could not be told; success without a revocation endpoint is false.
[[nodiscard]] Result<bool> revoke(Http& http, const Rule& rule, const Session& session);

/// Claims of an ID token that came straight from the token endpoint over TLS (OpenID Connect Core 3.1.3.7): iss, aud
/// (and azp), exp are checked; `nonce` when one was sent. The signature is not (item 6).
[[nodiscard]] Result<Json> id_token_claims(std::string_view token, const Metadata& metadata, const Rule& rule,
                                           std::string_view nonce, UnixTime now);

/// What the person must do, as the device endpoint said it. All of it is untrusted text.
struct DeviceCode {
  Secret device_code;
  std::string user_code;
  std::string verification_uri;
  std::string verification_uri_complete;  ///< empty when there is none
  int expires_in = 0;
  int interval = 5;
};

/// RFC 8628. Asks for a code, calls `show` once, polls until the person has decided or time is up, by the monotonic
/// clock of `host`. `show` returns an error to give up.
[[nodiscard]] Result<Tokens> device_flow(Host& host, Http& http, const Rule& rule, const Metadata& metadata,
                                         const std::function<Result<>(const DeviceCode&)>& show);

/// RFC 8252 with PKCE S256 (RFC 7636), state and iss (RFC 9207): listens on 127.0.0.1 or [::1], calls `open` with the
/// address for the browser, takes exactly one redirect with the right state, shows a page there that says it is done.
/// Five minutes at most.
[[nodiscard]] Result<Tokens> web_flow(Host& host, Http& http, const Rule& rule, const Metadata& metadata,
                                      const std::function<Result<>(const std::string& url)>& open, std::string& nonce);

}  // namespace keyberth::oauth
