// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/credential.h"
#include "common/result.h"

/// Logins that stand in Docker's config.json or podman's auth.json in plain text: the members of `auths` with
/// `auth` (base64 of user:password), `identitytoken`, `username` and `password`, or `registrytoken`; docker/cli,
/// cli/config/configfile/file.go and containers-auth.json(5).
namespace keyberth {

struct PlainLogin {
  /// As a helper keeps it: `server` is the member's name; an identity token has the user name `<token>`.
  Credential credential;
  /// Why no helper can keep it, without a final stop; empty when one can.
  std::string obstacle = {};
  /// No client can read it either: Docker then takes the whole file for empty.
  bool broken = false;
};

/// Every login of the text, in its order. Members of `auths` without a secret (Docker's marks) are none. bad_input when
/// the text is no JSON object, or `auths` no object of objects or with one of them twice.
[[nodiscard]] Result<std::vector<PlainLogin>> plain_logins(std::string_view text);

/// Whether `auths` has any member; then docker no longer chooses a helper by itself. False for text that it cannot
/// read.
[[nodiscard]] bool knows_servers(std::string_view text);

/// The text without the secrets of these servers; their members stay as marks, with whatever else they hold.
[[nodiscard]] Result<std::string> without_plain_logins(std::string_view text, const std::vector<std::string>& servers);

}  // namespace keyberth
