// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "helpers/oauth/config.h"
#include "helpers/oauth/json.h"

namespace keyberth::oauth {

/// Something wrong in a configuration file, and the byte where it is.
struct Mistake {
  std::size_t offset = 0;
  std::string message;
  std::string hint;
};
using Outcome = tl::expected<void, Mistake>;

/// Takes `vault` and `interactive` of a file, and refuses names that are none. `registries` is only looked at.
[[nodiscard]] Outcome apply_settings(const Json& file, Config& config);

/// Lays the members of one rule over `rule`. Another issuer than before takes the endpoints that belong to the former
/// one away.
[[nodiscard]] Outcome apply_rule(const Json& object, Rule& rule);

/// Whether the rule, complete now, can ever work. `locate` gives the byte for a JSON pointer into the rule.
using Locate = std::function<std::size_t(std::string_view pointer)>;
[[nodiscard]] Outcome check_rule(const Rule& rule, const Locate& locate);

/// The one of `names` that `name` was most likely meant to be; empty when none is close.
[[nodiscard]] std::string nearest(std::string_view name, const std::vector<std::string_view>& names);

}  // namespace keyberth::oauth
