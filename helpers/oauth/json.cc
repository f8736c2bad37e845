// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "common/utf8.h"

namespace keyberth::oauth {
namespace {

using Parser = nlohmann::json;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// Finds where each token of the text starts and ends. The parser tells its events without their places; as it has
/// accepted each token by then, stepping over it is simple.
class Tokens {
 public:
  explicit Tokens(std::string_view text) : text_(text), at_(text.starts_with(kByteOrderMark) ? 3 : 0) {}

  struct Span {
    std::size_t begin;
    std::size_t end;
  };

  Span next() {
    skip_to_token();
    const std::size_t begin = at_;
    const char first = at_ < text_.size() ? text_[at_] : '\0';
    if (first == '"') {
      for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
        at_ += text_[at_] == '\\' ? 1U : 0U;
      }
      at_ = std::min(at_ + 1, text_.size());
    } else if (std::string_view("{}[]").find(first) != std::string_view::npos) {
      at_ = std::min(at_ + 1, text_.size());
    } else {
      at_ = std::min(text_.find_first_of(" \t\r\n,:]}/", at_), text_.size());
    }
    return {begin, at_};
  }

 private:
  void skip_to_token() {
    while (at_ < text_.size()) {
      if (text_.substr(at_, 2) == "//") {
        at_ = text_.find_first_of("\r\n", at_);
      } else if (text_.substr(at_, 2) == "/*") {
        at_ = text_.find("*/", at_ + 2);
        at_ = at_ == std::string_view::npos ? at_ : at_ + 2;
      } else if (std::string_view(" \t\r\n,:").find(text_[at_]) != std::string_view::npos) {
        ++at_;
      } else {
        return;
      }
      at_ = std::min(at_, text_.size());
    }
  }

  std::string_view text_;
  std::size_t at_;
};

/// Builds the tree from the parser's events. Returning false stops the parser.
class Builder final : public Parser::json_sax_t {
 public:
  Builder(std::string_view text, const JsonOptions& options) : text_(text), options_(options), tokens_(text) {}

  bool null() override { return add(Json{}); }
  bool boolean(bool value) override { return add(Json::of(value)); }
  bool number_integer(number_integer_t value) override { return add(Json::of(static_cast<double>(value))); }
  bool number_unsigned(number_unsigned_t value) override { return add(Json::of(static_cast<double>(value))); }
  bool number_float(number_float_t value, const string_t& /*text*/) override { return add(Json::of(value)); }
  bool binary(binary_t& /*value*/) override { return false; }
  bool string(string_t& value) override {
    const bool added = add(Json::of(std::string_view(value)));
    wipe(value.data(), value.size());
    return added;
  }

  bool key(string_t& name) override {
    name_begin_ = tokens_.next().begin;
    if (open_.back()->find(name) != nullptr) {
      return refuse(name_begin_, "this name is there twice in one object");
    }
    name_ = name;
    return true;
  }

  bool start_object(std::size_t /*elements*/) override { return open(Json::Type::object); }
  bool start_array(std::size_t /*elements*/) override { return open(Json::Type::array); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool parse_error(std::size_t position, const std::string& /*last_token*/, const Parser::exception& problem) override {
    // The library's own text may hold a part of a secret.
    const std::string_view what = problem.what();
    if (position > text_.size()) {
      return refuse(text_.size(), "the JSON text ends too early");
    }
    if (what.find("UTF-8") != std::string_view::npos) {
      return refuse(position - std::min<std::size_t>(position, 1), "this is not valid UTF-8");
    }
    return refuse(position - std::min<std::size_t>(position, 1), "this is not valid JSON");
  }

  [[nodiscard]] Result<Json> take(bool complete) && {
    if (!complete) {
      return fail(ErrorKind::bad_input, place(text_, problem_at_) + ": " + problem_);
    }
    return std::move(root_);
  }

 private:
  bool refuse(std::size_t at, std::string problem) {
    problem_at_ = at;
    problem_ = std::move(problem);
    return false;
  }

  Json& put(Json value) {
    const Tokens::Span span = tokens_.next();
    value.begin = span.begin;
    value.end = span.end;
    if (open_.empty()) {
      root_ = std::move(value);
      return root_;
    }
    Json& parent = *open_.back();
    if (parent.type == Json::Type::array) {
      return parent.array.emplace_back(std::move(value));
    }
    value.name_begin = name_begin_;
    return parent.object.emplace_back(std::move(name_), std::move(value)).second;
  }

  bool add(Json value) {
    put(std::move(value));
    return true;
  }

  bool open(Json::Type type) {
    Json value;
    value.type = type;
    // The pointers stay good: a parent gets no further element before its last one is closed.
    open_.push_back(&put(std::move(value)));
    return open_.size() <= options_.max_depth || refuse(open_.back()->begin, "the JSON text is nested too deeply");
  }

  bool close() {
    open_.back()->end = tokens_.next().end;
    open_.pop_back();
    return true;
  }

  std::string_view text_;
  JsonOptions options_;
  Tokens tokens_;
  Json root_;
  std::vector<Json*> open_;
  std::string name_;
  std::size_t name_begin_ = 0;
  std::size_t problem_at_ = 0;
  std::string problem_ = "this is not valid JSON";
};

void append_string(Secret& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out.push_back('"');
  while (!text.empty()) {
    const Utf8Character character = first_character(text);
    if (!character.valid) {
      out.append("\\ufffd");
    } else if (text.front() == '"' || text.front() == '\\') {
      out.push_back('\\');
      out.push_back(text.front());
    } else if (character.code < 0x20) {
      out.append("\\u00");
      out.push_back(kHex[character.code >> 4U]);
      out.push_back(kHex[character.code & 15U]);
    } else {
      out.append(text.substr(0, character.size));
    }
    text.remove_prefix(character.size);
  }
  out.push_back('"');
}

void append_number(Secret& out, double value) {
  constexpr double kExact = 9007199254740992;  // 2 to the 53rd
  std::array<char, 32> digits{};
  const bool whole = std::abs(value) < kExact && std::trunc(value) == value;
  const auto end = whole ? std::to_chars(digits.begin(), digits.end(), static_cast<long long>(value)).ptr
                         : std::to_chars(digits.begin(), digits.end(), value).ptr;
  out.append(std::isfinite(value) ? std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data()))
                                  : std::string_view("null"));
}

// The depth is that of a value we made or parsed, so it is bounded.
void append_value(Secret& out, const Json& value) {  // NOLINT(misc-no-recursion)
  switch (value.type) {
    case Json::Type::null:
      return out.append("null");
    case Json::Type::boolean:
      return out.append(value.boolean ? "true" : "false");
    case Json::Type::number:
      return append_number(out, value.number);
    case Json::Type::string:
      return append_string(out, value.string);
    case Json::Type::array:
      out.push_back('[');
      for (const Json& element : value.array) {
        out.append(&element == value.array.data() ? "" : ",");
        append_value(out, element);
      }
      return out.push_back(']');
    case Json::Type::object:
      out.push_back('{');
      for (const auto& [name, member] : value.object) {
        out.append(&member == &value.object.front().second ? "" : ",");
        append_string(out, name);
        out.push_back(':');
        append_value(out, member);
      }
      return out.push_back('}');
  }
}

}  // namespace

Json::Json() = default;
Json::Json(const Json& other) = default;
Json::Json(Json&& other) noexcept = default;
Json& Json::operator=(const Json& other) = default;
Json& Json::operator=(Json&& other) noexcept = default;
Json::~Json() = default;

Json Json::of(const char* text) { return of(std::string_view(text)); }

Json Json::of(std::string_view text) {
  Json value;
  value.type = Type::string;
  value.string = text;
  return value;
}

Json Json::of(double number) {
  Json value;
  value.type = Type::number;
  value.number = number;
  return value;
}

Json Json::of(bool truth) {
  Json value;
  value.type = Type::boolean;
  value.boolean = truth;
  return value;
}

Json Json::of(const std::vector<std::string>& texts) {
  return array_of(texts, [](std::string_view text) { return of(text); });
}

Json Json::make_array() {
  Json value;
  value.type = Type::array;
  return value;
}

Json Json::make_object() {
  Json value;
  value.type = Type::object;
  return value;
}

const Json* Json::find(std::string_view name) const {
  const auto member =
      std::find_if(object.begin(), object.end(), [&](const auto& candidate) { return candidate.first == name; });
  return member == object.end() ? nullptr : &member->second;
}

void Json::set(std::string_view name, Json value) {
  const auto member =
      std::find_if(object.begin(), object.end(), [&](const auto& candidate) { return candidate.first == name; });
  if (member == object.end()) {
    object.emplace_back(name, std::move(value));
  } else {
    member->second = std::move(value);
  }
}

std::optional<std::string> Json::text(std::string_view name) const {
  const Json* member = find(name);
  return member != nullptr && member->type == Type::string ? std::optional(member->string) : std::nullopt;
}

std::optional<double> Json::amount(std::string_view name) const {
  const Json* member = find(name);
  if (member == nullptr || (member->type != Type::number && member->type != Type::string)) {
    return std::nullopt;
  }
  if (member->type == Type::number) {
    return member->number;
  }
  constexpr std::size_t kDigits = 15;  // whatever is longer is no amount of seconds
  const std::string& digits = member->string;
  std::int64_t value = 0;
  if (digits.empty() || digits.size() > kDigits || digits.find_first_not_of("0123456789") != std::string::npos) {
    return std::nullopt;
  }
  (void)std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return static_cast<double>(value);
}

const Json* Json::at_pointer(std::string_view pointer) const {
  const Json* value = this;
  while (!pointer.empty() && value != nullptr) {
    if (pointer.front() != '/') {
      return nullptr;
    }
    const std::size_t stop = std::min(pointer.find('/', 1), pointer.size());
    std::string part;
    for (std::size_t i = 1; i < stop; ++i) {
      const bool escaped = pointer[i] == '~' && i + 1 < stop;
      part.push_back(escaped ? (pointer[++i] == '1' ? '/' : '~') : pointer[i]);
    }
    pointer.remove_prefix(stop);
    if (value->type == Type::array) {
      constexpr std::size_t kDigits = 6;
      std::size_t index = value->array.size();
      const bool is_index = !part.empty() && part.size() <= kDigits &&
                            part.find_first_not_of("0123456789") == std::string::npos &&
                            (part == "0" || part.front() != '0');
      if (is_index) {
        (void)std::from_chars(part.data(), part.data() + part.size(), index);
      }
      value = index < value->array.size() ? &value->array[index] : nullptr;
    } else {
      value = value->find(part);
    }
  }
  return value;
}

std::string place(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return std::to_string(lines + 1) + ":" + std::to_string(before.size() - line_start + 1);
}

Result<Json> parse_json(std::string_view text, const JsonOptions& options) {
  if (text.size() > options.limit) {
    return fail(ErrorKind::bad_input, "1:1: the JSON text is longer than " + std::to_string(options.limit) + " bytes");
  }
  // The parser takes a zero byte for the end of the text, and would not look at what follows.
  if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos) {
    return fail(ErrorKind::bad_input, place(text, zero) + ": this is not valid JSON");
  }
  Builder builder(text, options);
  const bool complete = Parser::sax_parse(text.begin(), text.end(), &builder, nlohmann::detail::input_format_t::json,
                                          /*strict=*/true, options.comments);
  return std::move(builder).take(complete);
}

Secret write_json(const Json& value) {
  Secret out;
  append_value(out, value);
  return out;
}

}  // namespace keyberth::oauth
