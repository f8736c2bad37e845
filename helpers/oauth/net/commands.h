// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "common/host.h"
#include "common/result.h"
#include "helpers/oauth/net/http.h"
#include "helpers/oauth/net/screen.h"

namespace keyberth::oauth {

/// What every command works with.
struct Tools {
  Host& host;
  Http& http;
  Screen& screen;
};

using Arguments = std::vector<std::string>;

/// login REGISTRY [options]: from nothing to a registry that can be pulled from.
[[nodiscard]] Result<> login(Tools& tools, const Arguments& arguments);

/// logout REGISTRY | --all: ends the session at the provider, then here even if that failed.
[[nodiscard]] Result<> logout(Tools& tools, const Arguments& arguments);

/// token REGISTRY/REPOSITORY[:ACTIONS] [--explain]: what the registry's own token server gives for the credential.
[[nodiscard]] Result<> token(Tools& tools, const Arguments& arguments);

/// renew REGISTRY: run by docker-credential-oauth, not by people. Answers one JSON object on standard output,
/// {"username","secret"} or {"kind","message","hint"}, and goes on to its end when nobody waits for that any more.
[[nodiscard]] Result<> renew_registry(Tools& tools, const Arguments& arguments);

}  // namespace keyberth::oauth
