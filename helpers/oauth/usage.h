// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

/// What stands behind the commands of docker-credential-oauth-net. Here, because docker-credential-oauth, which is what
/// people call, answers COMMAND --help without the network's program.
namespace keyberth::oauth {

inline constexpr const char* kLoginOptions =
    "REGISTRY [--preset NAME] [--issuer URL] [--client-id ID] [--scope SCOPE]... [--web] [--vault NAME] [--no-qr] "
    "[--no-browser] [--json] [--force]";
inline constexpr const char* kLogoutOptions = "REGISTRY | --all";
inline constexpr const char* kTokenOptions = "REGISTRY/REPOSITORY[:ACTIONS] [--explain]";

/// The message of wrong usage.
[[nodiscard]] inline std::string usage(const std::string& command, const std::string& options) {
  return "Usage: docker-credential-oauth " + command + " " + options;
}

}  // namespace keyberth::oauth
