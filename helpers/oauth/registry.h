// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"

namespace keyberth::oauth {

/// A registry as a rule sees it: the host of a server key, lower case, without a trailing dot, with its port unless
/// 443. Nothing for keys that are no https registry address (R1, R4): http://, userinfo, control characters, letters
/// outside ASCII, over 4 KiB, Docker Hub's companion keys. Docker Hub's synonyms are all "docker.io".
[[nodiscard]] std::optional<std::string> registry_host(std::string_view server);

/// The pattern of a rule in the same form: a registry, or `*.` and a domain of at least two labels. bad_input with a
/// sentence that says what is wrong with it.
[[nodiscard]] Result<std::string> registry_pattern(std::string_view text);

/// Whether `pattern` names `registry` (as registry_pattern and registry_host wrote them): equal, or `*.` and whole
/// labels in front with an equal port. Never a bare `*`.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view registry);

/// `text` with the registry in the place of each {registry}: how presets name an address of the registry itself.
[[nodiscard]] std::string for_registry(std::string_view text, std::string_view registry);

}  // namespace keyberth::oauth
