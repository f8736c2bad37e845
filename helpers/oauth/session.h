// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/credential.h"
#include "common/result.h"
#include "common/secret.h"

namespace keyberth::oauth {

/// Seconds since 1970 of the wall clock; 0 is unknown.
using UnixTime = std::int64_t;

/// What a login leaves in the vault: everything a later `get` needs, and where its tokens may be sent. A refresh token
/// goes only to the token endpoint it came from (R1); when the configuration names another provider or client, the
/// session is refused and a new login asked for.
struct Session {
  std::string issuer;
  std::string client_id;
  std::string token_endpoint;
  std::string revocation_endpoint;
  std::string identity;  ///< who is logged in, for people
  std::string scope;     ///< as granted
  Secret refresh_token;
  Secret access_token;
  Secret id_token;
  UnixTime obtained = 0;
  UnixTime expires = 0;  ///< of the access token
  /// The last registry credential that was minted from it, one for each registry that shares the session.
  struct Minted {
    std::string registry;
    std::string username;
    Secret secret;
    UnixTime obtained = 0;
    UnixTime expires = 0;  ///< 0: the provider does not say
  };
  std::vector<Minted> minted;
  /// Registries that share the session but were logged out here: nothing is minted for them until their next login.
  std::vector<std::string> logged_out;
  /// The provider refused the refresh token: nobody asks it again. Empty while the session lives.
  std::string dead;
  /// A refresh was sent at this time and its answer is not here yet. A token that may be spent is never sent twice.
  UnixTime refresh_sent = 0;
  /// The last refresh was answered without a new refresh token: this one is not spent by a use.
  bool keeps_refresh_token = false;

  [[nodiscard]] const Minted* find(std::string_view registry) const;
  [[nodiscard]] bool is_logged_out(std::string_view registry) const;
  /// Replaces the registry's minted credential.
  void put(Minted minted);
};

/// The session as the secret of a vault entry (JSON with a version), and back. damaged when it is not one of ours.
[[nodiscard]] Secret write_session(const Session& session);
[[nodiscard]] Result<Session> read_session(std::string_view text);

/// How a minted credential may be used now.
enum class Freshness {
  fresh,   ///< hand it out
  aging,   ///< still good, but to be renewed: hand it out if the provider cannot be reached
  expired  ///< never hand it out
};

/// `fresh` while more than ten minutes are left, or a fifth of the life of a token that lives shorter than fifty
/// minutes, but at least 60 s (or half of a very short life); this margin grows by up to a tenth with `jitter` in
/// [0,1), so that many processes do not renew at one moment. Under 10 s left (or a quarter of a very short life) is
/// expired. Without a known expiry: fresh for five minutes after it was obtained, then aging.
[[nodiscard]] Freshness freshness(const Session::Minted& minted, UnixTime now, double jitter);

}  // namespace keyberth::oauth
