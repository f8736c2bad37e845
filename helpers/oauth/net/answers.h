// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "helpers/oauth/json.h"
#include "helpers/oauth/net/http.h"
#include "helpers/oauth/net/provider.h"

/// What a provider answers, as text. Pure functions: this is what the tests and the fuzzers feed. All of it is from
/// outside, so whatever reaches an Error is made printable here.
namespace keyberth::oauth {

/// Whom a request was sent to and for whom, for the messages.
struct Asked {
  std::string host;
  std::string client_id;
  std::string registry;  ///< as a command names it
};
[[nodiscard]] Asked asked(const Rule& rule, std::string_view url);

/// Metadata of RFC 8414 or OpenID Connect Discovery. bad_input when it is not JSON, belongs to another issuer (exactly)
/// or has an endpoint that may not be used.
[[nodiscard]] Result<Metadata> parse_metadata(std::string_view body, const Rule& rule, const Asked& asked);

/// The sentence, the kind and the way on for one OAuth error code; `description` is the server's own text.
[[nodiscard]] TokenFailure oauth_failure(std::string_view code, std::string_view description, const Asked& asked);

/// An answer that is not what a success looks like: by its JSON body if there is one, else by its status.
[[nodiscard]] TokenFailure failed_answer(long status, std::string_view body, const Asked& asked);

/// What a token endpoint says: RFC 6749 sections 5.1 and 5.2.
[[nodiscard]] tl::expected<Tokens, TokenFailure> parse_token_answer(long status, std::string_view body,
                                                                    const Asked& asked, UnixTime now);

/// What a device authorization endpoint says: RFC 8628 section 3.2, and Google's `verification_url`.
[[nodiscard]] tl::expected<DeviceCode, TokenFailure> parse_device_answer(long status, std::string_view body,
                                                                         const Asked& asked, bool allow_http_loopback);

/// Seconds of a Retry-After header: a number or a date (RFC 9110 section 10.2.3).
[[nodiscard]] std::optional<int> parse_retry_after(std::string_view value, UnixTime now);

using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

/// A POST of `fields` and the client's own to one of the provider's endpoints, with the rule's limits and certificates.
[[nodiscard]] tl::expected<HttpAnswer, HttpFailure> post_form(Http& http, const Rule& rule, const std::string& url,
                                                              Fields fields);

/// A failed request as the token functions report it.
[[nodiscard]] TokenFailure transport_failure(HttpFailure failure);

/// The rule's scopes as one parameter.
[[nodiscard]] std::string scope_of(const Rule& rule);

[[nodiscard]] UnixTime wall_clock();

}  // namespace keyberth::oauth
