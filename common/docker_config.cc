// SPDX-License-Identifier: Apache-2.0
#include "common/docker_config.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <optional>
#include <vector>

#include "common/files.h"
#include "common/json.h"
#include "common/protocol.h"

namespace keyberth {
namespace {

constexpr std::size_t kFileLimit = std::size_t{16} * 1024 * 1024;
constexpr std::string_view kCredsStore = "credsStore";
constexpr std::string_view kCredHelpers = "credHelpers";
constexpr std::string_view kBlank = " \t\r\n";
constexpr std::string_view kEmptyFile = "{}\n";

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

std::size_t skip_blank(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of(kBlank, at), text.size());
}

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

/// Docker reads the names of its own settings in any case.
bool same_name(std::string_view a, std::string_view b, bool any_case) {
  const auto lower = [&](char c) { return any_case && c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
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

/// How the file is laid out, as its first member shows.
struct Layout {
  std::string line_end = "\n";  ///< empty: all on one line
  std::string indent = "\t";    ///< as Docker writes it
  std::string colon = ": ";
};

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

std::string repeat(const std::string& text, std::size_t times) {
  std::string result;
  for (std::size_t i = 0; i < times; ++i) {
    result += text;
  }
  return result;
}

std::string object_with(const std::string& member, const Layout& layout, std::size_t depth) {
  return "{" + layout.line_end + repeat(layout.indent, depth + 1) + member + layout.line_end +
         repeat(layout.indent, depth) + "}";
}

std::string edited(std::string_view text, std::size_t from, std::size_t to, std::string_view with) {
  return std::string(text.substr(0, from)) + std::string(with) + std::string(text.substr(to));
}

/// `text` with a member behind the last one of `object`, spaced as the last one is.
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

/// `text` without a member, and without the comma and the space that belonged to it.
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

/// The places a setting has in the text.
struct Places {
  Object root;
  const Member* store = nullptr;    ///< credsStore
  const Member* helpers = nullptr;  ///< credHelpers
  std::optional<Object> entries;    ///< of credHelpers, when it is an object
};

Result<> look(std::string_view text, Places& places) {
  const std::size_t start = skip_blank(text, 0);
  if (!is_json(text) || text[start] != '{') {
    return fail(ErrorKind::bad_input, "it is not a JSON object", "mend it by hand; Docker cannot read it either");
  }
  places.root = scan(text, start);
  const Result<const Member*> store = find(places.root, kCredsStore, true);
  const Result<const Member*> helpers = find(places.root, kCredHelpers, true);
  if (!store || !helpers) {
    return tl::unexpected(store ? helpers.error() : store.error());
  }
  places.store = *store;
  places.helpers = *helpers;
  const auto is_null = [&](const Member& member) { return text.substr(member.value, 4) == "null"; };
  if (places.helpers != nullptr && text[places.helpers->value] == '{') {
    places.entries = scan(text, places.helpers->value);
  } else if (places.helpers != nullptr && !is_null(*places.helpers)) {
    return fail(ErrorKind::bad_input, "its credHelpers is no object", "mend it by hand; Docker cannot read it either");
  }
  if (places.store != nullptr && text[places.store->value] != '"' && !is_null(*places.store)) {
    return fail(ErrorKind::bad_input, "its credsStore is no text", "mend it by hand; Docker cannot read it either");
  }
  return {};
}

std::string text_of(std::string_view text, const Member* member) {
  return member == nullptr ? ""
                           : read_json_string(text.substr(member->value, member->end - member->value)).value_or("");
}

Result<const Member*> entry_of(const Places& places, const std::string& registry) {
  if (registry.empty()) {
    return places.store;
  }
  return places.entries ? find(*places.entries, registry, false) : Result<const Member*>(nullptr);
}

std::string set(std::string_view text, const Places& places, const Member* entry, const HelperSetting& setting) {
  const std::string value = write_json_string(setting.helper);
  if (entry != nullptr) {
    return edited(text, entry->value, entry->end, value);
  }
  const Layout layout = layout_of(text, places.root);
  if (setting.registry.empty()) {
    return add(text, places.root, std::string(kCredsStore), value, layout, 0);
  }
  if (places.entries) {
    return add(text, *places.entries, setting.registry, value, layout, 1);
  }
  const std::string member = object_with(write_json_string(setting.registry) + layout.colon + value, layout, 1);
  return places.helpers != nullptr ? edited(text, places.helpers->value, places.helpers->end, member)
                                   : add(text, places.root, std::string(kCredHelpers), member, layout, 0);
}

/// Where the file really is, for a rename must not replace the link to it.
std::string target_of(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(realpath(path.c_str(), nullptr), std::free);
  if (real) {
    return real.get();
  }
  std::string target(4096, '\0');
  const ssize_t size = readlink(path.c_str(), target.data(), target.size());
  if (size <= 0) {
    return path;
  }
  target.resize(static_cast<std::size_t>(size));
  return target.starts_with('/') ? target : path.substr(0, path.rfind('/') + 1) + target;
}

/// replace_file makes a file of ours with a mode of its own; what it replaces may be read by others on purpose.
void keep_owner_and_mode(const std::string& path, const struct stat& before) {
  struct stat after {};
  if (stat(path.c_str(), &after) != 0) {
    return;
  }
  if (after.st_uid != before.st_uid || after.st_gid != before.st_gid) {
    (void)!chown(path.c_str(), before.st_uid, before.st_gid);
  }
  if ((after.st_mode & 07777U) != (before.st_mode & 07777U)) {
    (void)chmod(path.c_str(), before.st_mode & 07777U);
  }
}

tl::unexpected<Error> named(Error error, const std::string& path) {
  if (error.kind == ErrorKind::bad_input) {
    error.message = "cannot change " + printable(path) + ": " + error.message;
  }
  return tl::unexpected(std::move(error));
}

}  // namespace

Result<std::string> edit_docker_config(std::string_view text, const HelperSetting& setting) {
  const std::string whole(text.find_first_not_of(kBlank) == std::string_view::npos ? kEmptyFile : text);
  Places places;
  KEYBERTH_TRY(look(whole, places));
  const Result<const Member*> entry = entry_of(places, setting.registry);
  if (!entry) {
    return tl::unexpected(entry.error());
  }
  const bool is_set = text_of(whole, *entry) == setting.helper;
  if (setting.remove != is_set) {
    return std::string(text);
  }
  if (!setting.remove) {
    return set(whole, places, *entry, setting);
  }
  // What is set has a place; an emptied credHelpers goes as a whole.
  const bool last_helper = !setting.registry.empty() && places.entries->members.size() == 1;
  const Member* member = last_helper ? places.helpers : *entry;
  if (member == nullptr) {
    return std::string(text);
  }
  const bool in_root = setting.registry.empty() || last_helper;
  return without(whole, in_root ? places.root : *places.entries, *member);
}

Result<std::string> configured_helper(std::string_view text, const std::string& registry) {
  if (text.find_first_not_of(kBlank) == std::string_view::npos) {
    return "";
  }
  Places places;
  KEYBERTH_TRY(look(text, places));
  return entry_of(places, registry).map([&](const Member* entry) { return text_of(text, entry); });
}

Result<std::string> docker_config_path(const Host& host) {
  if (const auto folder = host.env("DOCKER_CONFIG")) {
    return *folder + "/config.json";
  }
  if (const auto home = host.env("HOME")) {
    return *home + "/.docker/config.json";
  }
  return fail(ErrorKind::unavailable, "neither DOCKER_CONFIG nor HOME is set");
}

Result<DockerConfigChange> change_docker_config(Host& host, const HelperSetting& setting) {
  Result<std::string> path = docker_config_path(host);
  Result<std::string> locks = runtime_folder(host);
  if (!path || !locks) {
    return tl::unexpected(path ? locks.error() : path.error());
  }
  const Result<FileLock> lock = FileLock::acquire(host, *locks + "/docker-config.lock", std::chrono::seconds(10));
  if (!lock) {
    return tl::unexpected(lock.error());
  }
  const std::string target = target_of(*path);
  struct stat before {};
  const bool exists = stat(target.c_str(), &before) == 0;
  const Result<std::string> text = exists ? read_file(target, kFileLimit) : Result<std::string>("");
  if (!text) {
    return tl::unexpected(text.error());
  }
  const Result<std::string> former = configured_helper(*text, setting.registry);
  const Result<std::string> edit = edit_docker_config(*text, setting);
  if (!former || !edit) {
    return named(former ? edit.error() : former.error(), *path);
  }
  DockerConfigChange change{*path, *former, *edit != *text};
  if (!change.changed) {
    return change;
  }
  KEYBERTH_TRY(make_folders(target.substr(0, target.rfind('/'))));
  KEYBERTH_TRY(replace_file(target, *edit));
  if (exists) {
    keep_owner_and_mode(target, before);
  }
  return change;
}

}  // namespace keyberth
