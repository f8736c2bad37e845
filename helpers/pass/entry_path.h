// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// How credentials are named inside a password store. Pure functions over names; nothing here looks at the disk.
///
/// The layout is that of docker-credential-helpers: FOLDER/SERVER/USER.gpg, where SERVER is the server key in base64url
/// with padding (RFC 4648 section 5) and USER the user name as it is. Two things do not fit into it:
///
/// - A user name with `/`, or `.` or `..`, would be a path. There `/` is written as %2F, the dots as %2E, and % as %25.
///   Every other name stays as it is, and keeps its % too, unless reading it back would take it for an escaped one.
/// - A file name has 255 bytes at most. A server key over 189 bytes or a user name over 251 goes to the folder
///   LONG_FOLDER beside the other one, where older helpers never look:
///   LONG_FOLDER/S1/S2.../@U1/@U2....gpg. The Ss together are the server key in base64url, cut every 200 characters;
///   the Us, marked by @ (which base64url does not use), the user name in the same way.
namespace keyberth {

inline constexpr std::string_view kFolder = "docker-credential-helpers";
inline constexpr std::string_view kLongFolder = "docker-credential-helpers-long";
inline constexpr std::string_view kSuffix = ".gpg";

/// Where one credential is kept, relative to the store.
struct EntryPath {
  std::string folder;  ///< of the server
  std::string file;    ///< below `folder`; has folders of its own for a long user name
};

/// Who a file belongs to.
struct EntryOwner {
  std::string server;
  std::string username;
};

[[nodiscard]] std::string encode_base64url(std::string_view bytes);

/// Nothing unless `text` is exactly what encode_base64url gives for some bytes.
[[nodiscard]] std::optional<std::string> decode_base64url(std::string_view text);

/// The name, without suffix, of the file of a user in a server's folder; never has a slash, never is `.` or `..`. Takes
/// time with the square of the length for the nastiest names: meant for names that fit into a file name.
[[nodiscard]] std::string encode_username(std::string_view username);

/// Takes every name: what is not an escaped one was written by another program and means itself.
[[nodiscard]] std::string decode_username(std::string_view name);

/// Where to write. Both parts of the result have names of at most 255 bytes only.
[[nodiscard]] EntryPath entry_path(std::string_view server, std::string_view username);

/// The server's folder below kFolder; nothing when its name would be too long.
[[nodiscard]] std::optional<std::string> plain_server_folder(std::string_view server);

/// The server's folder below kLongFolder.
[[nodiscard]] std::string long_server_folder(std::string_view server);

/// The user name of a file at `path` below a server's folder in kFolder. A path with slashes is how older helpers wrote
/// a user name with slashes.
[[nodiscard]] std::optional<std::string> plain_username(std::string_view path);

/// Whose file is at `path` below kLongFolder; nothing when entry_path would never put one there.
[[nodiscard]] std::optional<EntryOwner> long_owner(std::string_view path);

}  // namespace keyberth
