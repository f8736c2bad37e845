// SPDX-License-Identifier: Apache-2.0
#include "common/login_keeper.h"

#include <algorithm>
#include <utility>

#include "common/helper.h"
#include "common/protocol.h"
#include "common/server_key.h"

namespace keyberth {
namespace {

Credential copy_of(const Credential& credential, const std::string& server) {
  return {server, credential.username, Secret(credential.secret.view())};
}

}  // namespace

/// The login as a client gets it; nothing when there is none.
Result<std::optional<Credential>> LoginKeeper::find(const std::string& server) const {
  std::vector<std::string> keys = lookup_keys(server);
  const auto is_rehearsed = [&](const std::string& key) {
    return std::any_of(rehearsed_.begin(), rehearsed_.end(), [&](const Credential& it) { return it.server == key; });
  };
  const auto rehearsed = std::find_if(keys.begin(), keys.end(), is_rehearsed);
  const std::string in_mind = rehearsed != keys.end() ? *rehearsed : "";
  keys.erase(rehearsed, keys.end());
  Result<Credential> found = keys.empty() ? fail(ErrorKind::not_found, "") : helper_.store.get(keys);
  if (found) {
    return std::optional(std::move(*found));
  }
  if (found.error().kind != ErrorKind::not_found) {
    return pass_on(std::move(found));
  }
  const auto last = std::find_if(rehearsed_.rbegin(), rehearsed_.rend(),
                                 [&](const Credential& it) { return !in_mind.empty() && it.server == in_mind; });
  return last == rehearsed_.rend() ? std::nullopt : std::optional(copy_of(*last, last->server));
}

Result<> LoginKeeper::put(const Credential& credential) {
  if (rehearsal_) {
    rehearsed_.push_back(copy_of(credential, credential.server));
    return {};
  }
  KEYBERTH_TRY(helper_.store.store(credential));
  const auto after = find(credential.server);
  if (!after) {
    return tl::unexpected(after.error());
  }
  if (!after->has_value() || !same_login(**after, credential)) {
    return fail(ErrorKind::damaged,
                "the store does not give back the login of " + printable(credential.server) +
                    " as it was stored, so it stays in the file",
                "see why: " + helper_.name + " doctor");
  }
  return {};
}

Result<Kept> LoginKeeper::keep(const Credential& credential, bool replace) {
  const auto before = find(credential.server);
  if (!before) {
    return tl::unexpected(before.error());
  }
  const bool is_there = before->has_value();
  const std::string key = is_there ? (*before)->server : credential.server;
  if (is_there && same_login(**before, credential)) {
    kept_.insert(key);
    return Kept{Kept::How::already};
  }
  if (is_there && (!replace || kept_.contains(key))) {
    return Kept{Kept::How::other, (*before)->username, kept_.contains(key)};
  }
  KEYBERTH_TRY(put(copy_of(credential, key)));
  kept_.insert(key);
  return Kept{};
}

}  // namespace keyberth
