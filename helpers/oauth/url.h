// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/result.h"
#include "common/secret.h"

namespace keyberth::oauth {

/// The parts of an absolute http or https URL, in the narrow form that every parser reads alike: printable ASCII
/// without space, quotes, backslash and angle brackets.
struct Url {
  bool https = false;
  bool userinfo = false;
  bool fragment = false;
  std::string host;  ///< lower case, without a trailing dot; an IPv6 literal in its one form, with brackets
  unsigned port = 0;
  std::string path;  ///< from the first slash to the query; may be empty

  /// The host, with the port unless it is 443.
  [[nodiscard]] std::string address() const;
  /// 127.0.0.0/8 or ::1, written as a number. Names are none: whoever answers for `localhost` is not certain.
  [[nodiscard]] bool is_loopback_literal() const;
};

[[nodiscard]] std::optional<Url> parse_url(std::string_view text);

/// An endpoint that may be used: https with a host and no userinfo or fragment; http only for 127.0.0.0/8 and [::1]
/// literals when allowed.
[[nodiscard]] Result<> check_endpoint(std::string_view url, bool allow_http_loopback);

/// Host and port of a URL as registry_host writes them.
[[nodiscard]] std::string url_host(std::string_view url);

/// application/x-www-form-urlencoded, into memory that is wiped.
[[nodiscard]] Secret form(const std::vector<std::pair<std::string_view, std::string_view>>& fields);

}  // namespace keyberth::oauth
