// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "common/doctor.h"
#include "common/host.h"
#include "helpers/pass/gpg.h"

namespace keyberth {

/// Links that matter to encryption only.
inline constexpr const char* kRecipients = "recipients";
inline constexpr const char* kGpgKey = "GPG key";

/// For `doctor`: whom logins are encrypted for (.gpg-id and its signature), whether these keys can be used, and whether
/// what was encrypted can be read here: the secret key, gpg-agent, the passphrase. Ends with the first problem.
[[nodiscard]] std::vector<Check> examine_keys(Host& host, Gpg& gpg, const std::string& store);

}  // namespace keyberth
