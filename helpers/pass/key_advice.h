// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/doctor.h"
#include "common/host.h"
#include "helpers/pass/gpg.h"

namespace keyberth {

/// The command that sets up a store where there is none.
[[nodiscard]] std::string init_command(Host& host);

/// What `doctor` advises when a key that logins are encrypted for is no good. Each call gives a problem, with a command
/// where one mends it, else in words. None of the commands takes away what others read the store with: `pass init KEY`
/// makes that key the only one.
class KeyAdvice {
 public:
  /// `own` is the fingerprint of a key of the user that works; empty when there is none. `whom.keys` may be empty.
  KeyAdvice(Host& host, const std::string& store, Recipients whom, std::string own)
      : host_(host), store_(store), whom_(std::move(whom)), own_(std::move(own)) {}

  /// The public half of `name` is not here.
  [[nodiscard]] Check bring(const std::string& name, const std::string& finding);

  /// `name` is here, but good for nothing.
  [[nodiscard]] Check replace(const std::string& name, bool is_own, const std::string& finding);

  /// None of the secret halves is here.
  [[nodiscard]] Check bring_secret();

  /// The store names nobody, or only keys that nobody else needs.
  [[nodiscard]] Check choose(const char* link, const std::string& finding);

 private:
  [[nodiscard]] Check renew(const std::string& finding);
  [[nodiscard]] bool is_for_user_alone() const;
  [[nodiscard]] std::string init_with(const std::string& key, const std::vector<std::string>& others) const;

  Host& host_;
  const std::string& store_;
  Recipients whom_;
  std::string own_;
};

}  // namespace keyberth
