// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/result.h"
#include "common/secret.h"

namespace keyberth::oauth {

/// A JSON value with the place where it was written, so that a mistake in a configuration file can be pointed at.
/// Strings are ordinary memory: they are wiped when freed (operator delete), and whoever takes a secret out of one
/// moves it into a Secret at once.
struct Json {
  enum class Type { null, boolean, number, string, array, object };

  Type type = Type::null;
  bool boolean = false;
  double number = 0;
  std::string string;
  std::vector<Json> array;
  /// Members in the order of the text. Duplicate names are refused by parse_json.
  std::vector<std::pair<std::string, Json>> object;
  // Bytes of the parsed text: where the value starts, where it ends, and where the name of this member starts.
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t name_begin = 0;

  // Written elsewhere, because clang would need all of Json to make them in the middle of it.
  Json();
  Json(const Json& other);
  Json(Json&& other) noexcept;
  Json& operator=(const Json& other);
  Json& operator=(Json&& other) noexcept;
  ~Json();

  [[nodiscard]] static Json of(std::string_view text);
  /// Without this one a literal would be a boolean.
  [[nodiscard]] static Json of(const char* text);
  [[nodiscard]] static Json of(double value);
  [[nodiscard]] static Json of(bool value);
  [[nodiscard]] static Json of(const std::vector<std::string>& texts);
  [[nodiscard]] static Json make_object();
  [[nodiscard]] static Json make_array();
  /// An array of what `make` turns each of `items` into.
  template <class Items, class Make>
  [[nodiscard]] static Json array_of(const Items& items, const Make& make);

  /// The member of an object; null pointer when there is none, or this is no object.
  [[nodiscard]] const Json* find(std::string_view name) const;
  /// Sets or replaces a member.
  void set(std::string_view name, Json value);

  /// The member as text; nothing when missing, null or no string.
  [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
  /// The member as a number; a string of digits counts, because some servers write "3600".
  [[nodiscard]] std::optional<double> amount(std::string_view name) const;

  /// RFC 6901. Null pointer when nothing is there.
  [[nodiscard]] const Json* at_pointer(std::string_view pointer) const;
};

template <class Items, class Make>
Json Json::array_of(const Items& items, const Make& make) {
  Json value = make_array();
  std::transform(items.begin(), items.end(), std::back_inserter(value.array), make);
  return value;
}

struct JsonOptions {
  bool comments = false;      ///< accept // and /* */
  std::size_t limit = 65536;  ///< bytes
  std::size_t max_depth = 32;
};

/// "LINE:COLUMN" of a byte of `text`, both from 1; the column counts bytes.
[[nodiscard]] std::string place(std::string_view text, std::size_t offset);

/// Parses exactly one value; anything behind it is an error, as are duplicate member names and invalid UTF-8. The
/// message starts with "LINE:COLUMN: " and never holds a part of the text.
[[nodiscard]] Result<Json> parse_json(std::string_view text, const JsonOptions& options = {});

/// Compact, members in their order.
[[nodiscard]] Secret write_json(const Json& value);

}  // namespace keyberth::oauth
