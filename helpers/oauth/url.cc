// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/url.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "common/protocol.h"

namespace keyberth::oauth {
namespace {

constexpr std::size_t kUrlLimit = 4096;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_url_character(char c) {
  return c > ' ' && c < 0x7f && std::string_view("\"<>\\^`{|}").find(c) == std::string_view::npos;
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

bool is_unreserved(char c) { return is_name_character(lower(c)) || c == '~'; }

/// An IPv6 literal in its one canonical form (RFC 5952), with its brackets; empty when it is none.
std::string canonical_v6(const std::string& host) {
  in6_addr address = {};
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool valid = host.size() > 2 && host.ends_with(']') &&
                     inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &address) == 1 &&
                     inet_ntop(AF_INET6, &address, text.data(), text.size()) != nullptr;
  return valid ? "[" + std::string(text.data()) + "]" : std::string();
}

bool is_name(std::string_view host) {
  return !host.empty() && host.front() != '.' && host.find("..") == std::string_view::npos &&
         std::all_of(host.begin(), host.end(), is_name_character);
}

// "host", "host:port", "[v6]:port" behind the userinfo.
bool parse_address(std::string_view text, Url& url) {
  std::size_t end = text.find(':');
  if (text.starts_with('[')) {
    end = text.find(']');
    end = end == std::string_view::npos ? end : end + 1;
  }
  url.host = std::string(text.substr(0, end));
  std::transform(url.host.begin(), url.host.end(), url.host.begin(), lower);
  url.port = url.https ? 443 : 80;
  if (end != std::string_view::npos && end < text.size()) {
    const std::string_view port = text.substr(end + 1);
    const auto [stop, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (text[end] != ':' || error != std::errc() || stop != port.data() + port.size() || url.port == 0 ||
        url.port > 65535) {
      return false;
    }
  }
  if (url.host.starts_with('[')) {
    url.host = canonical_v6(url.host);
    return !url.host.empty();
  }
  if (url.host.ends_with('.')) {
    url.host.pop_back();
  }
  return is_name(url.host);
}

void append_encoded(Secret& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_unreserved(c)) {
      out.push_back(c);
    } else if (c == ' ') {
      out.push_back('+');
    } else {
      const std::array<char, 3> code = {'%', kHex[byte >> 4U], kHex[byte & 15U]};
      out.append({code.data(), code.size()});
    }
  }
}

}  // namespace

std::string Url::address() const { return port == 443 ? host : host + ":" + std::to_string(port); }

bool Url::is_loopback_literal() const {
  in_addr v4 = {};
  in6_addr v6 = {};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) {
    return ntohl(v4.s_addr) >> 24U == 127;
  }
  return host.starts_with('[') && inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &v6) == 1 &&
         IN6_IS_ADDR_LOOPBACK(&v6);
}

std::optional<Url> parse_url(std::string_view text) {
  const std::size_t colon = text.find("://");
  if (text.size() > kUrlLimit || colon == std::string_view::npos ||
      !std::all_of(text.begin(), text.end(), is_url_character)) {
    return std::nullopt;
  }
  std::string scheme(text.substr(0, colon));
  std::transform(scheme.begin(), scheme.end(), scheme.begin(), lower);
  if (scheme != "https" && scheme != "http") {
    return std::nullopt;
  }
  Url url;
  url.https = scheme == "https";
  const std::string_view rest = text.substr(colon + 3);
  const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  std::string_view authority = rest.substr(0, end);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    url.userinfo = true;
    authority.remove_prefix(at + 1);
  }
  const std::string_view behind = rest.substr(end);
  url.fragment = behind.find('#') != std::string_view::npos;
  url.path = std::string(behind.substr(0, behind.find_first_of("?#")));
  if (!parse_address(authority, url)) {
    return std::nullopt;
  }
  return url;
}

Secret form(const std::vector<std::pair<std::string_view, std::string_view>>& fields) {
  Secret text;
  for (const auto& [name, value] : fields) {
    if (!text.empty()) {
      text.push_back('&');
    }
    append_encoded(text, name);
    text.push_back('=');
    append_encoded(text, value);
  }
  return text;
}

Result<> check_endpoint(std::string_view url, bool allow_http_loopback) {
  const auto parsed = parse_url(url);
  // What the address says stays out of the message where it may hold a password.
  if (!parsed) {
    return fail(ErrorKind::bad_input, "\"" + printable(url.substr(0, url.find('@'))) + "\" is not an https address",
                "write it as https://HOST/PATH, in ASCII (an international name in its xn-- form)");
  }
  if (parsed->userinfo) {
    return fail(ErrorKind::bad_input, "the address of " + parsed->address() + " holds a user name or password",
                "remove everything between https:// and @");
  }
  if (parsed->fragment) {
    return fail(ErrorKind::bad_input, "\"" + printable(url) + "\" has a fragment", "remove # and what follows");
  }
  if (!parsed->https && !(allow_http_loopback && parsed->is_loopback_literal())) {
    return fail(ErrorKind::bad_input, "\"" + printable(url) + "\" is not an https address",
                "tokens are sent through https only; for a test on this machine, write 127.0.0.1 or [::1] and set "
                "\"allow_http_loopback\": true");
  }
  return {};
}

std::string url_host(std::string_view url) {
  const auto parsed = parse_url(url);
  return parsed ? parsed->address() : std::string();
}

}  // namespace keyberth::oauth
