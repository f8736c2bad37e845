// SPDX-License-Identifier: Apache-2.0
#include "helpers/pass/entry_path.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include "common/split.h"

namespace keyberth {
namespace {

constexpr std::size_t kNameLimit = 255;  // NAME_MAX of every common file system
constexpr std::size_t kPiece = 200;
constexpr std::string_view kUserMark = "@";
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

struct Escape {
  char plain;
  std::string_view text;
};
constexpr std::array<Escape, 3> kEscapes{{{'/', "%2F"}, {'.', "%2E"}, {'%', "%25"}}};

std::string unescape(std::string_view name) {
  std::string plain;
  while (!name.empty()) {
    std::size_t taken = 1;
    char character = name.front();
    for (const Escape& escape : kEscapes) {
      if (name.starts_with(escape.text)) {
        character = escape.plain;
        taken = escape.text.size();
      }
    }
    plain += character;
    name.remove_prefix(taken);
  }
  return plain;
}

std::string escape(std::string_view username) {
  const bool only_dots = username == "." || username == "..";
  std::string name;
  for (const char character : username) {
    std::string text(1, character);
    for (const Escape& escape : kEscapes) {
      if (character == escape.plain && (character != '.' || only_dots)) {
        text = escape.text;
      }
    }
    name += text;
  }
  return name;
}

bool is_escaped(std::string_view name) {
  const std::string plain = unescape(name);
  return plain != name && encode_username(plain) == name;
}

/// base64url of `bytes` as a path: cut into pieces, each behind `mark`.
std::string in_pieces(std::string_view bytes, std::string_view mark) {
  const std::string text = encode_base64url(bytes);
  std::string path;
  for (std::size_t at = 0; at < text.size(); at += kPiece) {
    path += at > 0 ? "/" : "";
    path += mark;
    path += std::string_view(text).substr(at, kPiece);
  }
  return path;
}

std::string long_file(std::string_view username) { return in_pieces(username, kUserMark) + std::string(kSuffix); }

}  // namespace

std::string encode_base64url(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::string_view group = bytes.substr(at, 3);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      bits = bits << 8U | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      text += i <= group.size() ? kAlphabet[bits >> (18 - 6 * i) & 63U] : '=';
    }
  }
  return text;
}

std::optional<std::string> decode_base64url(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char character : text.substr(0, text.find('='))) {
    const std::size_t value = kAlphabet.find(character);
    if (value == std::string_view::npos) {
      return std::nullopt;
    }
    bits = bits << 6U | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes += static_cast<char>(bits >> count & 255U);
    }
  }
  // Padding and unused bits are judged by the way back.
  return encode_base64url(bytes) == text ? std::optional(bytes) : std::nullopt;
}

std::string encode_username(std::string_view username) {
  const bool is_path = username.find('/') != std::string_view::npos || username == "." || username == "..";
  return is_path || is_escaped(username) ? escape(username) : std::string(username);
}

std::string decode_username(std::string_view name) { return is_escaped(name) ? unescape(name) : std::string(name); }

std::optional<std::string> plain_server_folder(std::string_view server) {
  const std::string name = encode_base64url(server);
  return name.size() <= kNameLimit ? std::optional(std::string(kFolder) + "/" + name) : std::nullopt;
}

std::string long_server_folder(std::string_view server) {
  return std::string(kLongFolder) + "/" + in_pieces(server, "");
}

EntryPath entry_path(std::string_view server, std::string_view username) {
  const std::optional<std::string> folder = plain_server_folder(server);
  // No encoding shortens a name; and only those that fit are worth the work of encode_username.
  if (folder && username.size() + kSuffix.size() <= kNameLimit) {
    std::string file = encode_username(username) + std::string(kSuffix);
    if (file.size() <= kNameLimit) {
      return {*folder, std::move(file)};
    }
  }
  return {long_server_folder(server), long_file(username)};
}

std::optional<std::string> plain_username(std::string_view path) {
  if (!path.ends_with(kSuffix)) {
    return std::nullopt;
  }
  path.remove_suffix(kSuffix.size());
  if (path.empty() || path.ends_with('/')) {
    return std::nullopt;
  }
  return path.find('/') == std::string_view::npos ? decode_username(path) : std::string(path);
}

std::optional<EntryOwner> long_owner(std::string_view path) {
  if (!path.ends_with(kSuffix)) {
    return std::nullopt;
  }
  std::string server;
  std::string username;
  for (const std::string_view piece : split(path.substr(0, path.size() - kSuffix.size()), '/')) {
    if (piece.starts_with(kUserMark)) {
      username += piece.substr(kUserMark.size());
    } else {
      server += piece;
    }
  }
  const std::optional<std::string> server_key = decode_base64url(server);
  const std::optional<std::string> name = decode_base64url(username);
  if (!server_key || !name || server_key->empty() || name->empty()) {
    return std::nullopt;
  }
  const std::string expected = in_pieces(*server_key, "") + "/" + long_file(*name);
  return expected == path ? std::optional(EntryOwner{*server_key, *name}) : std::nullopt;
}

}  // namespace keyberth
