// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/registry.h"

#include <algorithm>
#include <cstddef>

#include "common/protocol.h"
#include "helpers/oauth/url.h"

namespace keyberth::oauth {
namespace {

constexpr std::string_view kHub = "docker.io";
constexpr std::string_view kScheme = "https://";

bool is_hub(std::string_view registry) {
  return registry == kHub || registry == "index.docker.io" || registry == "registry-1.docker.io";
}

/// What docker's own browser login keeps beside Docker Hub's entry; never a registry.
bool is_companion_path(std::string_view path) {
  return path.starts_with("/v1/") && (path.ends_with("/access-token") || path.ends_with("/refresh-token"));
}

tl::unexpected<Error> bad_pattern(std::string_view text, const std::string& why, std::string hint = {}) {
  return fail(ErrorKind::bad_input, "\"" + printable(text) + "\" " + why, std::move(hint));
}

}  // namespace

std::optional<std::string> registry_host(std::string_view server) {
  const std::size_t colon = server.find("://");
  const auto url =
      parse_url(colon == std::string_view::npos ? std::string(kScheme).append(server) : std::string(server));
  if (!url || !url->https || url->userinfo || url->fragment || url->path.starts_with("//") ||
      server.find('?') != std::string_view::npos) {
    return std::nullopt;
  }
  std::string registry = url->address();
  if (is_hub(registry)) {
    return is_companion_path(url->path) ? std::nullopt : std::optional<std::string>(kHub);
  }
  return registry;
}

Result<std::string> registry_pattern(std::string_view text) {
  if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) > 0x7f; })) {
    return bad_pattern(text, "is not a host name in ASCII", "write international names in their xn-- form");
  }
  const bool wildcard = text.starts_with("*.");
  const std::string_view domain = wildcard ? text.substr(2) : text;
  if (domain.find('*') != std::string_view::npos) {
    return bad_pattern(text, "has a * where none may be",
                       "a * stands for whole labels in front of a domain, as in *.example.com");
  }
  const auto registry = registry_host(domain);
  if (!registry || domain.empty()) {
    return bad_pattern(text, "is not the address of a registry",
                       "write a host, host:port or *.domain, such as registry.example.com:5000");
  }
  if (wildcard && registry->find('.') == std::string::npos) {
    return bad_pattern(text, "names too many hosts", "name a domain of at least two labels, as in *.example.com");
  }
  return wildcard ? "*." + *registry : *registry;
}

bool matches(std::string_view pattern, std::string_view registry) {
  if (!pattern.starts_with("*.")) {
    return !pattern.empty() && pattern == registry;
  }
  const std::string_view tail = pattern.substr(1);  // with its dot, so that labels stay whole
  return tail.size() > 1 && registry.size() > tail.size() && registry.ends_with(tail) && registry.front() != '[';
}

std::string for_registry(std::string_view text, std::string_view registry) {
  constexpr std::string_view kMark = "{registry}";
  std::string result;
  for (std::size_t at = text.find(kMark); at != std::string_view::npos; at = text.find(kMark)) {
    result.append(text.substr(0, at)).append(registry);
    text.remove_prefix(at + kMark.size());
  }
  return result.append(text);
}

}  // namespace keyberth::oauth
