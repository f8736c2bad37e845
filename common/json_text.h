// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

/// Changing one place of a JSON text and nothing else: members keep their order, indentation, line ends and odd
/// spacing. Everything here works on text that is_json (common/json.h) took.
namespace keyberth::json_text {

inline constexpr std::string_view kBlank = " \t\r\n";

/// A member of an object, as places in the text.
struct Member {
  std::string key;
  std::size_t start;  ///< the key's quote
  std::size_t colon;  ///< behind the key's other quote
  std::size_t value;
  std::size_t end;  ///< behind the value
};

struct Object {
  std::size_t open;   ///< the brace
  std::size_t close;  ///< the other brace
  std::vector<Member> members;
};

/// The object whose brace is at `open`.
[[nodiscard]] Object scan(std::string_view text, std::size_t open);

/// The object that a configuration is; one without members for blank text. bad_input when the text is anything else.
[[nodiscard]] Result<Object> root_of(std::string_view text);

/// The first place from `at` on that is no white space.
[[nodiscard]] std::size_t skip_blank(std::string_view text, std::size_t at);

/// The member of that name; null when there is none. Programs written in Go take the names of their own settings in any
/// case (`any_case`). bad_input when it is there twice.
[[nodiscard]] Result<const Member*> find(const Object& object, std::string_view name, bool any_case);

/// The value, when it is a string; else empty. Also for a null `member`.
[[nodiscard]] std::string text_of(std::string_view text, const Member* member);

/// How the file is laid out, as its first member shows.
struct Layout {
  std::string line_end = "\n";  ///< empty: all on one line
  std::string indent = "\t";    ///< as Docker writes it
  std::string colon = ": ";
};
[[nodiscard]] Layout layout_of(std::string_view text, const Object& root);

/// An object of one member (name, colon and value) that stands `depth` levels deep.
[[nodiscard]] std::string object_with(const std::string& member, const Layout& layout, std::size_t depth);

/// `text` with something else from `from` to `to`.
[[nodiscard]] std::string edited(std::string_view text, std::size_t from, std::size_t to, std::string_view with);

/// `text` with a member behind the last one of `object`, spaced as the last one is.
[[nodiscard]] std::string add(std::string_view text, const Object& object, const std::string& name,
                              const std::string& value, const Layout& layout, std::size_t depth);

/// `text` without a member of `object`, and without the comma and the space that belonged to it.
[[nodiscard]] std::string without(std::string_view text, const Object& object, const Member& member);

}  // namespace keyberth::json_text
