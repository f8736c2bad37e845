// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/credential.h"
#include "common/report.h"
#include "common/result.h"

namespace keyberth {

/// Reads the first JSON value of `text` as the object {ServerURL, Username, Secret}; see parse_credential. Anything
/// behind that value is ignored. Nesting is limited to 64 levels, text must be valid UTF-8.
[[nodiscard]] Result<Credential> parse_credential_json(std::string_view text);

/// Whether `text` is one JSON value and nothing else, without a byte order mark, for programs written in Go: its
/// strings may have invalid UTF-8 and halves of surrogate pairs, its numbers any size.
[[nodiscard]] bool is_json(std::string_view text);

/// The text of a JSON string literal with its quotes; nothing when it is none. U+FFFD stands for what is not valid
/// UTF-8.
[[nodiscard]] std::optional<std::string> read_json_string(std::string_view literal);

/// `text` as a JSON string literal.
[[nodiscard]] std::string write_json_string(std::string_view text);

/// What report_json wrote (common/report.h), perhaps by another version, read strictly: nothing when the text is
/// anything else, as when a state is unknown. A check may lack its remedy. All texts are made fit for a terminal.
[[nodiscard]] std::optional<Report> parse_report(std::string_view text);

}  // namespace keyberth
