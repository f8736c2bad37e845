// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "common/split.h"
#include "common/utf8.h"
#include "helpers/oauth/net/crypto.h"
#include "helpers/oauth/net/loopback.h"

namespace keyberth::oauth {
namespace {

constexpr std::string_view kPath = "/callback";
constexpr int kGood = 200;
constexpr int kBadRequest = 400;
constexpr int kNotFound = 404;
constexpr int kWrongMethod = 405;

std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    unsigned byte = 0;
    const std::string_view digits = text.substr(i + 1, 2);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2) {
      return std::nullopt;
    }
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

/// The parameters of a query; nothing when one of them is there twice (RFC 6749 section 3.1) or cannot be read.
std::optional<std::map<std::string, std::string>> parse_query(std::string_view query) {
  std::map<std::string, std::string> parameters;
  for (const std::string_view pair : split(query, '&')) {
    const std::size_t equals = std::min(pair.find('='), pair.size());
    auto name = decoded(pair.substr(0, equals));
    auto value = decoded(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value || !parameters.emplace(*std::move(name), *std::move(value)).second) {
      return std::nullopt;
    }
  }
  return parameters;
}

}  // namespace

RedirectRequest parse_redirect_request(std::string_view head, std::string_view state) {
  const std::string_view line = head.substr(0, head.find("\r\n"));
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || last <= first || !line.substr(last + 1).starts_with("HTTP/1.") ||
      has_control(line)) {
    return {kBadRequest, {}};
  }
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::size_t question = std::min(target.find('?'), target.size());
  if (target.substr(0, question) != kPath) {
    return {kNotFound, {}};
  }
  if (line.substr(0, first) != "GET") {
    return {kWrongMethod, {}};
  }
  auto parameters = parse_query(target.substr(std::min(question + 1, target.size())));
  if (!parameters || !equal_secrets((*parameters)["state"], state) || state.empty()) {
    return {kBadRequest, {}};
  }
  const std::string& code = (*parameters)["code"];
  if (code.empty() == (*parameters)["error"].empty()) {
    return {kBadRequest, {}};
  }
  return {kGood, {Secret(code), (*parameters)["iss"], (*parameters)["error"], (*parameters)["error_description"]}};
}

std::string redirect_page(int status, std::string_view title, std::string_view text) {
  const std::string_view reason = status == kGood          ? "OK"
                                  : status == kNotFound    ? "Not Found"
                                  : status == kWrongMethod ? "Method Not Allowed"
                                                           : "Bad Request";
  std::string body = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>";
  body.append(title).append("</title></head>\n<body><h1>").append(title).append("</h1><p>").append(text);
  body += "</p></body></html>\n";
  std::string answer = "HTTP/1.1 " + std::to_string(status) + " ";
  answer.append(reason);
  answer +=
      "\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: " + std::to_string(body.size()) +
      "\r\nContent-Security-Policy: default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
      "\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\nCache-Control: no-store"
      "\r\nConnection: close\r\n\r\n";
  return answer + body;
}

}  // namespace keyberth::oauth
