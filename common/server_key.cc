// SPDX-License-Identifier: Apache-2.0
#include "common/server_key.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <optional>
#include <system_error>

namespace keyberth {
namespace {

constexpr std::string_view kPrivateScheme = "oauth+https://";
constexpr std::array<std::string_view, 3> kHubHosts{"index.docker.io", "docker.io", "registry-1.docker.io"};

/// A repository name has at most 255 characters; what has more parts than this is not one, and gets no path aliases.
constexpr std::size_t kMaxPathAliases = 32;

bool is_alphanumeric(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

struct Key {
  bool plain_http = false;  ///< http://; otherwise https:// or no scheme, which means the same
  bool has_scheme = false;
  std::string_view host;
  std::string_view port;
  std::string_view path;  ///< with its leading slash; may be empty

  [[nodiscard]] std::string_view default_port() const { return plain_http ? "80" : "443"; }
  [[nodiscard]] bool on_default_port() const { return port.empty() || port == default_port(); }
};

bool is_host(std::string_view host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {  // IPv6 literal, RFC 3986 section 3.2.2
    host = host.substr(1, host.size() - 2);
    return std::all_of(host.begin(), host.end(), [](char c) { return is_alphanumeric(c) || c == ':' || c == '.'; });
  }
  return !host.empty() && std::all_of(host.begin(), host.end(),
                                      [](char c) { return is_alphanumeric(c) || c == '.' || c == '-' || c == '_'; });
}

std::optional<Key> parse(std::string_view text) {
  Key key;
  if (const auto scheme = text.find("://"); scheme != std::string_view::npos) {
    key.has_scheme = true;
    key.plain_http = text.substr(0, scheme) == "http";
    if (!key.plain_http && text.substr(0, scheme) != "https") {
      return std::nullopt;
    }
    text.remove_prefix(scheme + 3);
  }
  const std::size_t slash = std::min(text.find('/'), text.size());
  key.path = text.substr(slash);
  key.host = text.substr(0, slash);
  if (const auto colon = key.host.rfind(':'); colon != std::string_view::npos && key.host.back() != ']') {
    key.port = key.host.substr(colon + 1);
    key.host = key.host.substr(0, colon);
    if (key.port.empty() || key.port.find_first_not_of("0123456789") != std::string_view::npos) {
      return std::nullopt;
    }
  }
  if (!is_host(key.host) || key.path.find_first_of("?#") != std::string_view::npos) {
    return std::nullopt;
  }
  return key;
}

bool is_hub(const Key& key) {
  return !key.plain_http && key.on_default_port() &&
         std::find(kHubHosts.begin(), kHubHosts.end(), key.host) != kHubHosts.end();
}

bool is_hub_root(const Key& key) {
  return is_hub(key) && (key.path.empty() || key.path == "/" || key.path == "/v1" || key.path == "/v1/");
}

/// docker's browser login keeps two tokens beside the Hub entry, below /v1/ (or /v1//, as Docker Desktop wrote it).
bool is_hub_companion(std::string_view text) {
  const auto key = parse(text);
  return key && is_hub(*key) && key->path.starts_with("/v1/") &&
         (key->path.ends_with("/access-token") || key->path.ends_with("/refresh-token"));
}

/// Collects keys in order, each once.
class Candidates {
 public:
  explicit Candidates(std::string_view first) { keys_.emplace_back(first); }

  void add(std::string key) {
    if (std::find(keys_.begin(), keys_.end(), key) == keys_.end() && !is_hub_companion(key)) {
      keys_.push_back(std::move(key));
    }
  }

  /// The host of `key` with `path`, with and without https:// and the default port; the form of `key` first.
  void add_forms(const Key& key, std::string_view path) {
    std::array<std::string, 2> authorities;
    authorities[0] = std::string(key.host);
    if (!key.port.empty()) {
      authorities[0].append(":").append(key.port);
    }
    if (key.on_default_port()) {
      authorities[1] = std::string(key.host);
      if (key.port.empty()) {
        authorities[1].append(":").append(key.default_port());
      }
    }
    for (const std::string& authority : authorities) {
      if (authority.empty()) {
        continue;
      }
      const std::string bare = authority + std::string(path);
      if (key.plain_http) {
        add("http://" + bare);
        continue;
      }
      add(key.has_scheme ? "https://" + bare : bare);
      add(key.has_scheme ? bare : "https://" + bare);
    }
  }

  void add_hub() {
    for (const std::string_view path : {"/v1/", "", "/v1", "/"}) {
      for (const std::string_view host : kHubHosts) {
        add("https://" + std::string(host) + std::string(path));
        add(std::string(host) + std::string(path));
      }
    }
  }

  [[nodiscard]] std::vector<std::string> take() && { return std::move(keys_); }

 private:
  std::vector<std::string> keys_;
};

}  // namespace

std::vector<std::string> lookup_keys(std::string_view server) {
  Candidates candidates(server);
  const auto key = parse(server);
  if (!key || is_hub_companion(server)) {
    return std::move(candidates).take();
  }
  const auto parts = static_cast<std::size_t>(std::count(key->path.begin(), key->path.end(), '/'));
  if (!is_hub_root(*key) && parts <= kMaxPathAliases) {
    for (std::string_view path = key->path; !path.empty(); path = path.substr(0, path.rfind('/'))) {
      if (path.back() != '/') {
        candidates.add_forms(*key, path);
      }
    }
  }
  if (is_hub(*key)) {
    candidates.add_hub();
  } else {
    candidates.add_forms(*key, "");
    candidates.add_forms(*key, "/");
  }
  return std::move(candidates).take();
}

std::vector<std::string> erase_keys(std::string_view server) {
  Candidates candidates(server);
  if (const auto key = parse(server); key && is_hub_root(*key)) {
    candidates.add_hub();
  }
  return std::move(candidates).take();
}

bool is_server(std::string_view text) {
  constexpr int kLastPort = 65535;
  const auto key = parse(text);
  int port = 1;
  if (key && !key->port.empty()) {
    const auto [end, problem] = std::from_chars(key->port.data(), key->port.data() + key->port.size(), port);
    port = problem == std::errc() ? port : 0;
  }
  return key && port >= 1 && port <= kLastPort && !text.starts_with('-');
}

bool is_private(std::string_view server) { return server.starts_with(kPrivateScheme); }

}  // namespace keyberth
