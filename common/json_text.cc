// SPDX-License-Identifier: Apache-2.0
#include "common/json_text.h"

#include <algorithm>

#include "common/json.h"
#include "common/protocol.h"

namespace keyberth::json_text {
namespace {

std::size_t skip_string(std::string_view text, std::size_t at) {
  for (++at; text[at] != '"'; ++at) {
    at += text[at] == '\\' ? 1U : 0U;
  }
  return at + 1;
}

/// Behind the value at `at`. Of valid JSON, as everything here.
std::size_t skip_value(std::string_view text, std::size_t at) {
  if (text[at] == '"') {
    return skip_string(text, at);
  }
  if (text[at] != '{' && text[at] != '[') {
    return std::min(text.find_first_of(",]} \t\r\n", at), text.size());
  }
  for (std::size_t depth = 0;;) {
    const char c = text[at];
    if (c == '"') {
      at = skip_string(text, at);
      continue;
    }
    depth += (c == '{' || c == '[') ? 1U : 0U;
    depth -= (c == '}' || c == ']') ? 1U : 0U;
    ++at;
    if (depth == 0) {
      return at;
    }
  }
}

/// Docker reads the names of its own settings in any case.
bool same_name(std::string_view a, std::string_view b, bool any_case) {
  const auto lower = [&](char c) { return any_case && c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

std::string repeat(const std::string& text, std::size_t times) {
  std::string result;
  for (std::size_t i = 0; i < times; ++i) {
    result += text;
  }
  return result;
}

}  // namespace

std::size_t skip_blank(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of(kBlank, at), text.size());
}

Object scan(std::string_view text, std::size_t open) {
  Object object{open, 0, {}};
  std::size_t at = skip_blank(text, open + 1);
  while (text[at] != '}') {
    Member member{};
    member.start = at;
    member.colon = skip_string(text, at);
    member.key = read_json_string(text.substr(at, member.colon - at)).value_or("");
    member.value = skip_blank(text, text.find(':', member.colon) + 1);
    member.end = skip_value(text, member.value);
    at = skip_blank(text, member.end);
    at = text[at] == ',' ? skip_blank(text, at + 1) : at;
    object.members.push_back(std::move(member));
  }
  object.close = at;
  return object;
}

Result<Object> root_of(std::string_view text) {
  const std::size_t start = skip_blank(text, 0);
  if (start == text.size()) {
    return Object{};
  }
  if (!is_json(text) || text[start] != '{') {
    return fail(ErrorKind::bad_input, "it is not a JSON object", "mend it by hand; Docker cannot read it either");
  }
  return scan(text, start);
}

Result<const Member*> find(const Object& object, std::string_view name, bool any_case) {
  const Member* found = nullptr;
  for (const Member& member : object.members) {
    if (same_name(member.key, name, any_case)) {
      if (found != nullptr) {
        return fail(ErrorKind::bad_input, "it has " + printable(name) + " twice", "remove one of them");
      }
      found = &member;
    }
  }
  return found;
}

std::string text_of(std::string_view text, const Member* member) {
  return member == nullptr ? ""
                           : read_json_string(text.substr(member->value, member->end - member->value)).value_or("");
}

Layout layout_of(std::string_view text, const Object& root) {
  if (root.members.empty()) {
    return {};
  }
  const Member& first = root.members.front();
  const std::string_view lead = text.substr(root.open + 1, first.start - root.open - 1);
  Layout layout;
  layout.colon = text.substr(first.colon, first.value - first.colon);
  const auto line = lead.rfind('\n');
  if (line == std::string_view::npos) {
    layout.line_end.clear();
    layout.indent.clear();
  } else {
    layout.line_end = line > 0 && lead[line - 1] == '\r' ? "\r\n" : "\n";
    layout.indent = lead.substr(line + 1);
  }
  return layout;
}

std::string object_with(const std::string& member, const Layout& layout, std::size_t depth) {
  return "{" + layout.line_end + repeat(layout.indent, depth + 1) + member + layout.line_end +
         repeat(layout.indent, depth) + "}";
}

std::string edited(std::string_view text, std::size_t from, std::size_t to, std::string_view with) {
  return std::string(text.substr(0, from)) + std::string(with) + std::string(text.substr(to));
}

std::string add(std::string_view text, const Object& object, const std::string& name, const std::string& value,
                const Layout& layout, std::size_t depth) {
  const std::string member = write_json_string(name) + layout.colon + value;
  if (object.members.empty()) {
    return edited(text, object.open, object.close + 1, object_with(member, layout, depth));
  }
  const Member& last = object.members.back();
  const std::size_t before = text.find_last_not_of(kBlank, last.start - 1);
  std::string lead(text.substr(before + 1, last.start - before - 1));
  if (lead.empty() && layout.colon.ends_with(' ')) {
    lead = " ";
  }
  return edited(text, last.end, last.end, "," + lead + member);
}

std::string without(std::string_view text, const Object& object, const Member& member) {
  const auto index = static_cast<std::size_t>(&member - object.members.data());
  if (object.members.size() == 1) {
    return edited(text, object.open + 1, object.close, "");
  }
  if (index == 0) {
    return edited(text, member.start, object.members[1].start, "");
  }
  return edited(text, object.members[index - 1].end, member.end, "");
}

}  // namespace keyberth::json_text
