// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "helpers/oauth/net/http.h"
#include "helpers/oauth/net/provider.h"

namespace keyberth::oauth {

inline HttpAnswer http_answer(long status, std::string_view body) {
  HttpAnswer answer;
  answer.status = status;
  answer.body = Secret(body);
  return answer;
}

inline tl::unexpected<HttpFailure> http_failure(bool request_sent, bool redirected = false) {
  return tl::unexpected(
      HttpFailure{{ErrorKind::unavailable, "the network is gone", "plug it in"}, request_sent, redirected});
}

/// A network that answers what a test says.
class ScriptedHttp final : public Http {
 public:
  struct Seen {
    std::string method;
    std::string url;
    std::string body;
    std::string accept;
  };

  [[nodiscard]] tl::expected<HttpAnswer, HttpFailure> send(const HttpRequest& request) override {
    std::string accept;
    for (const auto& [name, value] : request.headers) {
      accept = name == "Accept" ? value : accept;
    }
    if (request.before_sending && !request.before_sending()) {
      return http_failure(false);
    }
    seen.push_back({request.method, request.url, std::string(request.body.view()), accept});
    return answer(request);
  }

  std::function<tl::expected<HttpAnswer, HttpFailure>(const HttpRequest&)> answer =
      [](const HttpRequest&) -> tl::expected<HttpAnswer, HttpFailure> { return http_answer(404, ""); };
  std::vector<Seen> seen;
};

/// The fields of a form.
inline std::map<std::string, std::string> fields_of(const std::string& form) {
  std::map<std::string, std::string> fields;
  for (std::size_t at = 0; at < form.size();) {
    const std::size_t end = std::min(form.find('&', at), form.size());
    const std::string pair = form.substr(at, end - at);
    std::string value;
    for (std::size_t i = pair.find('=') + 1; i < pair.size(); ++i) {
      if (pair[i] == '%') {
        value += static_cast<char>(std::stoi(pair.substr(i + 1, 2), nullptr, 16));
        i += 2;
      } else {
        value += pair[i] == '+' ? ' ' : pair[i];
      }
    }
    fields[pair.substr(0, pair.find('='))] = value;
    at = end + 1;
  }
  return fields;
}

inline Rule example_rule() {
  Rule rule;
  rule.pattern = "registry.example";
  rule.issuer = "https://id.example";
  rule.client_id = "cli";
  rule.scopes = {"openid", "offline_access"};
  return rule;
}

inline Metadata example_metadata() {
  Metadata metadata;
  metadata.issuer = "https://id.example";
  metadata.authorization_endpoint = "https://id.example/auth";
  metadata.token_endpoint = "https://id.example/token";
  metadata.device_authorization_endpoint = "https://id.example/device";
  return metadata;
}

}  // namespace keyberth::oauth
