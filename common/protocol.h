// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/credential.h"
#include "common/result.h"
#include "common/store.h"

/// The credential-helper protocol as text: what standard input means and what standard output says. Pure functions;
/// this is what the fuzzers feed. The texts clients compare are those of docker-credential-helpers,
/// credentials/error.go.
namespace keyberth {

inline constexpr std::string_view kNotFound = "credentials not found in native keychain";
inline constexpr std::string_view kNoServer = "no credentials server URL";
inline constexpr std::string_view kNoUsername = "no credentials username";

/// Largest standard input in bytes. Registry tokens are a few KiB; the older helpers gave up at 64 KiB.
inline constexpr std::size_t kInputLimit = std::size_t{1024} * 1024;

/// Input of `get` and `erase`: the server key. Line breaks are dropped (also inside), white space at both ends trimmed.
[[nodiscard]] Result<std::string> parse_server(std::string_view input);

/// Input of `store`: the first JSON value, an object with the strings ServerURL, Username and Secret. Key names match
/// in any case, unknown keys are ignored, the last of several wins, null means empty, an empty secret is allowed.
[[nodiscard]] Result<Credential> parse_credential(std::string_view input);

/// Output of `get`: one JSON line that echoes `server` as it was asked for. `<`, `>`, `&`, U+2028 and U+2029 are
/// escaped as Go's encoder does, so that the bytes are those of the older helpers.
[[nodiscard]] Secret format_credential(std::string_view server, const Credential& credential);

/// Output of `list`: one JSON line, server to user name, sorted by bytes, private keys left out.
[[nodiscard]] std::string format_list(std::vector<Entry> entries);

/// Text from outside made fit for a terminal: control characters, invalid UTF-8 and characters that reorder text become
/// `?`, and it is cut at `limit` bytes.
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit = 200);

/// A path for a message: printable, and whole however long it is.
[[nodiscard]] std::string printable_path(std::string_view path);

/// A path or name as one word for a shell, for commands in hints: printable, in single quotes. Whoever copies the
/// command must not run what somebody put into a file name.
[[nodiscard]] std::string shell_word(std::string_view text);

}  // namespace keyberth
