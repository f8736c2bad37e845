// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "common/doctor.h"
#include "common/host.h"
#include "helpers/oauth/oauth_store.h"
#include "helpers/oauth/session.h"

namespace keyberth::oauth {

/// Helper::examine: the network half, the configuration, Docker's file, the vault (by its own doctor where it has one),
/// and every login that is known of. Never uses the network. `store`
/// chooses the vault; `now` is the wall clock.
[[nodiscard]] std::vector<Check> examine_oauth(Host& host, OauthStore& store, UnixTime now);

}  // namespace keyberth::oauth
