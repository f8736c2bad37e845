// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "common/command.h"
#include "common/host.h"
#include "common/result.h"
#include "common/store.h"

namespace keyberth {

struct Helper;

/// One link of the chain between a client and a login, as `doctor` found it.
struct Check {
  enum class State {
    ok,
    note,     ///< works, but a person should know: an expiry, a duplicate that is answered right
    problem,  ///< a login fails or is not safe because of it
  };

  std::string link;  ///< what was looked at, a word or three: "GPG key"
  State state = State::ok;
  std::string finding;  ///< one line without a final stop, never a secret
  std::string remedy;   ///< the commands that mend it, one a line, fit to be pasted; for an `ok` empty
  bool single = false;  ///< a problem of single logins: the store keeps and finds others all the same
};

/// A link that failed with an error: its message, and its hint as the remedy.
[[nodiscard]] Check problem(std::string link, const Error& error);

/// The link whose check stores a login made for it, reads it back and removes it. A helper whose `examine` names it has
/// done so itself, or says why not.
inline constexpr const char* kRoundTrip = "round trip";
[[nodiscard]] Check round_trip(Store& store);

/// Nothing that was found stands in the way of a round trip.
[[nodiscard]] bool may_try(const std::vector<Check>& checks);

/// Every link for this helper in the order a request passes them: the program in PATH and its user, Docker's and
/// podman's configuration, the backend (Helper::examine), and a round trip of a login made for it, which is removed
/// again. A backend with a problem comes before the configuration, whose commands need it.
/// A link that cannot be looked at because an earlier one failed is left out.
[[nodiscard]] std::vector<Check> examine_chain(const Helper& helper);

/// `doctor [--json] [--store] [--all]`: examine_chain as text or JSON. `--store` leaves the configuration out; `--all`
/// is one table of the family, each member asked as a program of its own with `doctor --store --json`.
/// Not good (exit code 1) when there is a problem, and with --all when no member works.
[[nodiscard]] Result<CommandOutput> doctor(const Helper& helper, const std::vector<std::string>& arguments);

}  // namespace keyberth
