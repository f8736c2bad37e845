// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/result.h"
#include "common/secret.h"
#include "helpers/oauth/net/client_certificate.h"
#include "helpers/oauth/url.h"  // IWYU pragma: export

namespace keyberth::oauth {

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;  ///< nothing secret
  Secret authorization;                                      ///< value of the Authorization header; empty sends none
  Secret body;                                               ///< sent when not empty
  std::string content_type = "application/x-www-form-urlencoded";
  std::string ca_file;  ///< besides the system's; empty uses these alone
  ClientFiles client;   ///< shown to a server that asks for a client certificate; a proxy never sees it
  bool allow_http_loopback = false;
  std::size_t answer_limit = 65536;
  std::chrono::milliseconds time_limit = std::chrono::seconds(30);
  /// Called when the connection stands and the request is about to go out; false gives up, and nothing is sent.
  std::function<bool()> before_sending = {};
};

struct HttpAnswer {
  long status = 0;
  std::map<std::string, std::vector<std::string>> headers;  ///< names in lower case
  Secret body;
};

/// What went wrong below HTTP: whether a request may have reached the server decides if a refresh token may be spent.
struct HttpFailure {
  Error error;
  bool request_sent = false;
  bool redirected = false;  ///< the server answered with a redirect: it has not done what was asked
};

/// The only way to the network. Unit tests put a scripted one in its place.
class Http {
 public:
  Http() = default;
  Http(const Http&) = delete;
  Http& operator=(const Http&) = delete;
  Http(Http&&) = delete;
  Http& operator=(Http&&) = delete;
  virtual ~Http() = default;
  /// Any HTTP status is an answer. Redirects are not followed: they are an error that names the target's host (R3).
  [[nodiscard]] virtual tl::expected<HttpAnswer, HttpFailure> send(const HttpRequest& request) = 0;
};

/// libcurl: https only (http for literal loopback when the request allows it), TLS 1.2 or newer, peer and host
/// verified, no redirects, no netrc, no cookies, proxies from the environment, connect limit 10 s, answers bounded in
/// size and time, libcurl's and OpenSSL's memory wiped when freed. The system's certificates are those of libcurl, or
/// of SSL_CERT_FILE and SSL_CERT_DIR as for the curl command; a request's own CA file is added to them.
class CurlHttp final : public Http {
 public:
  CurlHttp();
  CurlHttp(const CurlHttp&) = delete;
  CurlHttp& operator=(const CurlHttp&) = delete;
  CurlHttp(CurlHttp&&) = delete;
  CurlHttp& operator=(CurlHttp&&) = delete;
  ~CurlHttp() override;
  [[nodiscard]] tl::expected<HttpAnswer, HttpFailure> send(const HttpRequest& request) override;
};

/// application/x-www-form-urlencoded, into memory that is wiped.
[[nodiscard]] Secret form(const std::vector<std::pair<std::string_view, std::string_view>>& fields);

}  // namespace keyberth::oauth
