// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "common/result.h"

namespace keyberth::oauth {

/// The command line of `login`.
struct LoginOptions {
  std::string host;
  std::string preset;
  std::string issuer;
  std::string client_id;
  std::vector<std::string> scopes;
  std::string vault;
  bool web = false;
  bool qr = true;
  bool browser = true;
  bool json = false;
  bool force = false;
};

/// usage when it is not one. Options may come before and after HOST, and as --name=value.
[[nodiscard]] Result<LoginOptions> parse_login(const std::vector<std::string>& arguments);

}  // namespace keyberth::oauth
