// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/host.h"
#include "helpers/oauth/config.h"
#include "helpers/oauth/known.h"
#include "helpers/oauth/session.h"
#include "helpers/oauth/vault.h"

/// The logins that are known of, and what ends them: the same words for `get`, its renewal, `status` and `doctor`.
namespace keyberth::oauth {

/// A registry that somebody logged in to, or could log in to.
struct Login {
  std::string registry;
  const Rule* rule = nullptr;  ///< in the configuration
  Result<Session> session;     ///< not_found: nobody is logged in
};

/// Registries with a session that is known of, and those that the configuration names. The logins point into `config`.
[[nodiscard]] std::vector<Login> look_up_logins(Host& host, const Config& config, Vault& vault);

/// Sessions that are written down but that the configuration does not lead to, now that `vault` is asked.
[[nodiscard]] std::vector<Known> left_behind(const Host& host, const Config& config, const std::string& vault);

/// R1: a session serves only the provider and client it was made with.
[[nodiscard]] bool belongs(const Session& session, const Rule& rule);

/// Why only a new login helps, behind "the login to REGISTRY ".
inline constexpr std::string_view kOtherProvider = "was made with another provider or client than its rule names now";
inline constexpr std::string_view kNothingToRenew = "has expired, and the provider gave nothing to renew it with";
inline constexpr std::string_view kAnswerLost =
    "cannot be renewed: it is not known whether the provider spent the refresh token at the last attempt";
/// The same for one that the provider has refused.
[[nodiscard]] std::string has_ended(const Session& session);

/// One of these, when nothing but a new login can serve the registry from now on; empty while the session is of use.
[[nodiscard]] std::string why_over(const Session& session, const Rule& rule, std::string_view registry, UnixTime now);

[[nodiscard]] std::string login_command(std::string_view registry);

}  // namespace keyberth::oauth
