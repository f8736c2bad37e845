// SPDX-License-Identifier: Apache-2.0
#include "common/json.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
#include <utility>

#include "common/protocol.h"
#include "common/utf8.h"

namespace keyberth {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxDepth = 64;
constexpr std::string_view kServer = "ServerURL";
constexpr std::string_view kUsername = "Username";
constexpr std::string_view kSecret = "Secret";

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

/// The unit of UTF-16 that an escape at the start of `text` stands for.
std::optional<unsigned> escaped_unit(std::string_view text) {
  constexpr std::size_t kSize = 6;  // \uXXXX
  constexpr int kHex = 16;
  if (text.size() < kSize || !text.starts_with("\\u")) {
    return std::nullopt;
  }
  unsigned unit = 0;
  const auto [end, problem] = std::from_chars(text.data() + 2, text.data() + kSize, unit, kHex);
  return problem == std::errc() && end == text.data() + kSize ? std::optional(unit) : std::nullopt;
}

/// How many bytes belong to the escape at the start of `text`: 12 are a pair of surrogates; nothing for half of one.
std::optional<std::size_t> escape_size(std::string_view text) {
  const auto is_half = [](std::optional<unsigned> unit) { return unit && (*unit & 0xF800U) == 0xD800U; };
  const auto is_low = [](std::optional<unsigned> unit) { return unit && (*unit & 0xFC00U) == 0xDC00U; };
  const auto unit = escaped_unit(text);
  if (!is_half(unit)) {
    return std::min<std::size_t>(text.size(), 2);
  }
  return !is_low(unit) && is_low(escaped_unit(text.substr(6))) ? std::optional<std::size_t>(12) : std::nullopt;
}

/// The text for the parser, which is stricter than that of Go, as Docker and podman are written in (encoding/json,
/// decode.go): there invalid UTF-8 and halves of surrogate pairs in strings mean U+FFFD, and a number in a member that
/// nobody asks for may have any size. So no number here has more than two digits in a row, which say as much about
/// being one.
std::string as_go_reads(std::string_view text) {
  std::string result;
  bool in_string = false;
  while (!text.empty()) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const Utf8Character character = first_character(text);
    const auto escape = in_string && text.front() == '\\' ? escape_size(text) : character.size;
    const std::size_t size = result.size();
    if (!character.valid) {
      result += "\uFFFD";
    } else if (!escape) {
      result += R"(\ufffd)";
    } else if (in_string || !is_digit(text.front()) || size < 2 || !is_digit(result[size - 1]) ||
               !is_digit(result[size - 2])) {
      result += text.substr(0, *escape);
    }
    in_string = in_string != (text.front() == '"');
    text.remove_prefix(escape.value_or(6));
  }
  return result;
}

/// Takes the parser's events; nothing of the document is kept but the three fields. Returning false stops the parser.
class CredentialReader final : public Json::json_sax_t {
 public:
  explicit CredentialReader(std::size_t input_size) : input_size_(input_size) {}

  bool null() override { return depth_ == 0 ? wrong_type("null") : (!take_field() || assign("")); }
  bool boolean(bool /*value*/) override { return scalar("a boolean"); }
  bool number_integer(number_integer_t /*value*/) override { return scalar("a number"); }
  bool number_unsigned(number_unsigned_t /*value*/) override { return scalar("a number"); }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return scalar("a number"); }
  bool binary(binary_t& /*value*/) override { return scalar("binary data"); }

  bool string(string_t& value) override {
    if (depth_ == 0) {
      return wrong_type("a string");
    }
    const bool kept = !take_field() || assign(value);
    wipe(value.data(), value.size());
    return kept;
  }

  bool start_object(std::size_t /*elements*/) override {
    if (depth_ > 0 && take_field()) {
      return wrong_type("an object");
    }
    return deeper();
  }
  bool start_array(std::size_t /*elements*/) override {
    if (depth_ == 0 || take_field()) {
      return wrong_type("an array");
    }
    return deeper();
  }
  bool end_object() override { return shallower(); }
  bool end_array() override { return shallower(); }

  bool key(string_t& name) override {
    field_ = {};
    if (depth_ == 1) {
      for (const std::string_view known : {kServer, kUsername, kSecret}) {
        if (equals_ignoring_case(name, known)) {
          field_ = known;
        }
      }
    }
    return true;
  }

  bool parse_error(std::size_t position, const std::string& /*last_token*/, const Json::exception& problem) override {
    // The token and the library's own text may hold a part of the secret: neither is passed on.
    const std::string_view text = problem.what();
    const std::string place = " (at byte " + std::to_string(position) + ")";
    if (position > input_size_) {
      return refuse("the JSON on standard input is cut short");
    }
    if (text.find("UTF-8") != std::string_view::npos) {
      return refuse("the JSON on standard input is not valid UTF-8" + place);
    }
    if (text.find("control character") != std::string_view::npos) {
      return refuse("the JSON on standard input has a raw control character inside a string" + place);
    }
    return refuse("standard input is not valid JSON" + place);
  }

  [[nodiscard]] Result<Credential> take(bool complete) && {
    if (!complete) {
      return fail(
          ErrorKind::bad_input, std::move(message_),
          R"(expected on standard input: {"ServerURL":"registry.example.com","Username":"...","Secret":"..."})");
    }
    return std::move(credential_);
  }

 private:
  /// Whether the value that comes now belongs to one of the three fields.
  bool take_field() { return depth_ == 1 && !field_.empty(); }

  bool scalar(const char* type) { return depth_ == 0 || take_field() ? wrong_type(type) : true; }

  bool assign(std::string_view value) {
    if (field_ == kUsername) {
      credential_.username = value;
    } else if (field_ == kServer) {
      credential_.server = value;
    } else {
      credential_.secret = Secret(value);
    }
    return true;
  }

  bool deeper() { return ++depth_ <= kMaxDepth || refuse("the JSON on standard input is nested too deeply"); }
  bool shallower() {
    --depth_;
    return true;
  }

  bool wrong_type(const std::string& type) {
    return refuse(depth_ == 0 ? "standard input must be a JSON object, not " + type
                              : std::string(field_) + " must be a JSON string, not " + type);
  }

  bool refuse(std::string message) {
    message_ = std::move(message);
    return false;
  }

  std::size_t input_size_;
  std::size_t depth_ = 0;
  std::string_view field_;  ///< which of the three the next value belongs to, or none
  Credential credential_;
  std::string message_;
};

/// Fit for a terminal, and whole: commands with long paths must stay so.
std::string shown(const std::string& text) { return printable(text, text.size()); }

/// A member that is a string; else nothing.
std::optional<std::string> string_of(const Json& object, const char* name) {
  const auto member = object.find(name);
  return member != object.end() && member->is_string() ? std::optional(shown(member->get<std::string>()))
                                                       : std::nullopt;
}

std::optional<Check::State> state_of(std::string_view word) {
  if (word == "ok") {
    return Check::State::ok;
  }
  if (word == "note") {
    return Check::State::note;
  }
  return word == "problem" ? std::optional(Check::State::problem) : std::nullopt;
}

std::optional<Check> read_check(const Json& value) {
  if (!value.is_object()) {
    return std::nullopt;
  }
  const auto link = string_of(value, "link");
  const auto finding = string_of(value, "finding");
  const auto state = state_of(string_of(value, "state").value_or(""));
  const Json remedy = value.value("remedy", Json::array());
  if (!link || !finding || !state || !remedy.is_array()) {
    return std::nullopt;
  }
  Check check{*link, *state, *finding, ""};
  for (const Json& line : remedy) {
    if (!line.is_string()) {
      return std::nullopt;
    }
    check.remedy += (check.remedy.empty() ? "" : "\n") + shown(line.get<std::string>());
  }
  return check;
}

}  // namespace

Result<Credential> parse_credential_json(std::string_view text) {
  CredentialReader reader(text.size());
  const bool complete =
      Json::sax_parse(text.begin(), text.end(), &reader, nlohmann::detail::input_format_t::json, /*strict=*/false);
  return std::move(reader).take(complete);
}

bool is_json(std::string_view text) {
  // The parser passes over the mark, and takes a zero byte for the end of the text.
  return !text.starts_with("\xEF\xBB\xBF") && text.find('\0') == std::string_view::npos &&
         Json::accept(as_go_reads(text));
}

std::optional<std::string> read_json_string(std::string_view literal) {
  const Json value = Json::parse(as_go_reads(literal), nullptr, /*allow_exceptions=*/false);
  return value.is_string() ? std::optional(value.get<std::string>()) : std::nullopt;
}

std::string write_json_string(std::string_view text) {
  return Json(text).dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

std::optional<Report> parse_report(std::string_view text) {
  const Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!value.is_object()) {
    return std::nullopt;
  }
  const auto helper = string_of(value, "helper");
  const auto version = string_of(value, "version");
  const auto checks = value.find("checks");
  if (!helper || !version || checks == value.end() || !checks->is_array()) {
    return std::nullopt;
  }
  Report report{*helper, *version, {}};
  for (const Json& item : *checks) {
    std::optional<Check> check = read_check(item);
    if (!check) {
      return std::nullopt;
    }
    report.checks.push_back(std::move(*check));
  }
  return report;
}

}  // namespace keyberth
