// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/credential.h"
#include "common/result.h"

namespace keyberth {

struct Helper;

/// What became of a login that was to be kept.
struct Kept {
  enum class How {
    stored,   ///< it is in the store now
    already,  ///< this very login was there
    other,    ///< the store has another login for the server, which stays
  };

  How how = How::stored;
  std::string username = {};  ///< of the other one
  bool of_this_run = false;   ///< the other one came through this keeper
};

/// Puts logins from files into a helper's store. Two of them for one server are a choice for a person, so none takes
/// the place of one that came before it. A rehearsal only reads, and answers as the work itself would.
class LoginKeeper {
 public:
  LoginKeeper(const Helper& helper, bool rehearsal) : helper_(helper), rehearsal_(rehearsal) {}

  /// Stores the login, unless the store has another one for that server and may not `replace` it, and believes that it
  /// is there when it comes back out. It takes the place of the one that is replaced, whatever alias that is under.
  [[nodiscard]] Result<Kept> keep(const Credential& credential, bool replace = false);

 private:
  [[nodiscard]] Result<std::optional<Credential>> find(const std::string& server) const;
  [[nodiscard]] Result<> put(const Credential& credential);

  const Helper& helper_;
  bool rehearsal_;
  std::vector<Credential> rehearsed_;  ///< what the store would have; a later one hides an earlier one
  std::set<std::string> kept_;         ///< the keys of what came through here
};

}  // namespace keyberth
