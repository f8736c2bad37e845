// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace keyberth::oauth {

/// One challenge of a WWW-Authenticate header (RFC 7235 section 2.1). Untrusted text.
struct Challenge {
  std::string scheme;                             ///< in lower case
  std::map<std::string, std::string> parameters;  ///< names in lower case, quoted strings undone
};

/// Every challenge in the value of one header, which may hold several. Stops at what it cannot read; a challenge with a
/// parameter twice is left out, for nobody knows which one counts.
[[nodiscard]] std::vector<Challenge> parse_challenges(std::string_view header);

/// The first Bearer challenge with a realm among the values of WWW-Authenticate headers.
[[nodiscard]] std::optional<Challenge> bearer_challenge(const std::vector<std::string>& headers);

/// What `token` is asked for: HOST/REPOSITORY[:action,...] in the form of the distribution project's token
/// specification.
struct Wanted {
  std::string registry;  ///< as registry_host writes it
  std::string scope;     ///< "repository:team/app:pull"; empty without a repository
};

/// Reads HOST[/REPOSITORY[:actions]]; pull without actions. usage when a part has characters that it cannot have.
[[nodiscard]] Result<Wanted> parse_wanted(std::string_view text);

}  // namespace keyberth::oauth
