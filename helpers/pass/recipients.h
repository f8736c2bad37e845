// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/host.h"
#include "common/result.h"
#include "helpers/pass/gpg.h"

namespace keyberth {

/// Whom an entry in `folder` (relative to the store; it need not exist) is encrypted for, as pass decides it: the keys
/// in PASSWORD_STORE_KEY, else the lines of the nearest .gpg-id from the folder upwards to the store. With
/// PASSWORD_STORE_SIGNING_KEY set, that file must have a signature by one of these keys beside it (.gpg-id.sig).
/// Errors: unavailable when the store is not set up or names nobody, denied when the signature is not good.
[[nodiscard]] Result<Recipients> find_recipients(Host& host, Gpg& gpg, const std::string& store,
                                                 const std::string& folder);

/// The keys in the text of a .gpg-id: one a line, `#` starts a comment.
[[nodiscard]] std::vector<std::string> parse_gpg_id(std::string_view text);

/// The first .gpg-id in the store or below it.
[[nodiscard]] std::optional<std::string> find_gpg_id(const std::string& store);

}  // namespace keyberth
