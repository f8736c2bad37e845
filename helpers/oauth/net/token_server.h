// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "common/result.h"
#include "helpers/oauth/config.h"
#include "helpers/oauth/net/challenge.h"
#include "helpers/oauth/net/http.h"
#include "helpers/oauth/session.h"

/// The registry's own side: its challenge, and the token server that the challenge names.
namespace keyberth::oauth {

/// What a registry says to somebody without a login.
struct Door {
  std::string address;              ///< where it answered, such as https://registry.example.com
  bool open = false;                ///< it lets everybody in
  bool basic = false;               ///< it takes the user name and secret itself
  std::optional<Challenge> bearer;  ///< it wants a token of the server named there
};
[[nodiscard]] Result<Door> knock(Http& http, const Rule& rule, const std::string& registry);

/// What the token server gave.
struct RegistryToken {
  Secret token;
  double life = 60;  ///< seconds
  bool refreshable = false;
};

/// Asks the token server of `door` for `scope` (may be empty), as everybody when `credential` is null. denied when it
/// refuses; R2: bad_input when it is neither on the registry's host nor on one that the rule names, or not https: then
/// nothing was sent.
[[nodiscard]] Result<RegistryToken> registry_token(Http& http, const Rule& rule, const std::string& registry,
                                                   const Door& door, const std::string& scope,
                                                   const Session::Minted* credential);

/// Whether the registry lets in whoever has this token: its front door, or with a repository its list of tags.
[[nodiscard]] bool token_opens(Http& http, const Rule& rule, const Door& door, const std::string& scope,
                               const Secret& token);

/// How a new credential fares at the registry.
struct Trial {
  enum class Outcome { accepted, open, not_tried, refused };
  Outcome outcome = Outcome::not_tried;
  Error error;  ///< of the last two
};
[[nodiscard]] Trial try_credential(Http& http, const Rule& rule, const std::string& registry,
                                   const Session::Minted& credential);

}  // namespace keyberth::oauth
