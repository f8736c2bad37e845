// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "common/result.h"
#include "common/secret.h"
#include "helpers/oauth/session.h"

namespace keyberth::oauth {

/// "not_found", "locked" and so on: ErrorKind as programs read it.
[[nodiscard]] std::string_view kind_word(ErrorKind kind);

/// What docker-credential-oauth-net answers to `renew`, one line of JSON: {"username","secret"} or
/// {"kind","message","hint"}; and back. Of the credential only these two survive the way.
[[nodiscard]] Secret write_answer(const Result<Session::Minted>& answer);
[[nodiscard]] Result<Session::Minted> read_answer(std::string_view text);

}  // namespace keyberth::oauth
