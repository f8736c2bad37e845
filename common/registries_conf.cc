// SPDX-License-Identifier: Apache-2.0
#include "common/registries_conf.h"

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <system_error>

#include "common/config_file.h"
#include "common/file_checks.h"
#include "common/json.h"
#include "common/protocol.h"
#include "common/user_checks.h"

namespace keyberth {
namespace {

constexpr std::string_view kSetting = "credential-helpers";
constexpr std::string_view kFiles = "containers-auth.json";
constexpr const char* kSystem = "/etc/containers/registries.conf";
constexpr const char* kUser = "/.config/containers/registries.conf";
constexpr const char* kOwn = ".d/99-keyberth.conf";

/// Reads as much of TOML as stands in front of its tables: names, and lists of texts.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  /// The next name of a setting, with what comes behind its equals sign next; nothing before a table and at the end.
  std::optional<std::string> next_name() {
    while (skip_blank(true), !at_end() && peek() != '[') {
      std::optional<std::string> name = is_quote(peek()) ? quoted() : bare();
      skip_blank(false);
      if (name && !at_end() && peek() == '=') {
        ++at_;
        skip_blank(false);
        return name;
      }
      skip_value();
    }
    return std::nullopt;
  }

  std::optional<std::vector<std::string>> texts() {
    std::vector<std::string> found;
    if (at_end() || peek() != '[') {
      return std::nullopt;
    }
    ++at_;
    for (skip_blank(true); !at_end() && peek() != ']'; skip_blank(true)) {
      std::optional<std::string> text = is_quote(peek()) ? quoted() : std::nullopt;
      skip_blank(true);
      if (!text || at_end() || (peek() != ',' && peek() != ']')) {
        return std::nullopt;
      }
      found.push_back(*std::move(text));
      if (peek() == ',') {
        ++at_;
      }
    }
    return at_end() ? std::nullopt : std::optional(found);
  }

  /// To the end of the line on which the value ends.
  void skip_value() {
    for (int depth = 0; !at_end() && (depth > 0 || peek() != '\n');) {
      if (is_quote(peek())) {
        (void)quoted();
        continue;
      }
      if (peek() == '#') {
        skip_comment();
        continue;
      }
      depth += peek() == '[' ? 1 : peek() == ']' ? -1 : 0;
      ++at_;
    }
  }

 private:
  [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }
  [[nodiscard]] char peek() const { return text_[at_]; }
  static bool is_quote(char c) { return c == '"' || c == '\''; }

  void skip_comment() { at_ = std::min(text_.find('\n', at_), text_.size()); }

  void skip_blank(bool lines) {
    while (!at_end()) {
      if (lines && peek() == '#') {
        skip_comment();
      } else if (peek() == ' ' || peek() == '\t' || peek() == '\r' || (lines && peek() == '\n')) {
        ++at_;
      } else {
        return;
      }
    }
  }

  std::optional<std::string> bare() {
    const std::size_t end = std::min(text_.find_first_of("= \t\r\n#", at_), text_.size());
    const std::string_view name = text_.substr(at_, end - at_);
    at_ = end;
    return name.empty() ? std::nullopt : std::optional<std::string>(name);
  }

  /// A text of one line. No suffix of a program has an escape but those for the quotes and the backslash.
  std::optional<std::string> quoted() {
    const char quote = text_[at_++];
    std::string value;
    for (; !at_end() && peek() != '\n'; ++at_) {
      if (peek() == quote) {
        ++at_;
        return value;
      }
      if (quote == '"' && peek() == '\\' && at_ + 1 < text_.size()) {
        ++at_;
      }
      value += peek();
    }
    return std::nullopt;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// In the order in which they are read.
std::vector<std::string> files_in(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(folder, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    if (entry->path().extension() == ".conf") {
      files.push_back(entry->path().string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<std::string> all_files(const Host& host) {
  const auto named = host.env("CONTAINERS_REGISTRIES_CONF");
  const auto home = host.env("HOME");
  const std::string user = home ? *home + kUser : "";
  std::vector<std::string> files{named ? *named : access(user.c_str(), F_OK) == 0 ? user : kSystem};
  for (const std::string& beside : {std::string(kSystem), user}) {
    const std::vector<std::string> more = beside.empty() ? std::vector<std::string>() : files_in(beside + ".d");
    files.insert(files.end(), more.begin(), more.end());
  }
  return files;
}

}  // namespace

bool RegistriesConf::names(const std::string& suffix) const {
  return std::find(helpers.begin(), helpers.end(), suffix) != helpers.end();
}

Result<std::optional<std::vector<std::string>>> credential_helpers(std::string_view text) {
  Reader reader(text);
  while (const auto name = reader.next_name()) {
    if (*name == kSetting) {
      auto helpers = reader.texts();
      return helpers ? Result<std::optional<std::vector<std::string>>>(std::move(helpers))
                     : fail(ErrorKind::bad_input, "its credential-helpers is no list of texts");
    }
    reader.skip_value();
  }
  return std::optional<std::vector<std::string>>();
}

Result<RegistriesConf> registries_conf(const Host& host) {
  RegistriesConf conf;
  for (const std::string& path : all_files(host)) {
    const Result<std::string> text = read_config_file(path);
    auto helpers = text ? credential_helpers(*text) : tl::unexpected(text.error());
    if (!helpers) {
      return fail(helpers.error().kind,
                  text ? printable_path(path) + ": " + helpers.error().message : helpers.error().message,
                  edit_command(host, path));
    }
    if (*helpers) {
      const bool asks_files = std::erase(**helpers, std::string(kFiles)) > 0;
      conf = {**helpers, asks_files, path};
    }
  }
  return conf;
}

Result<std::string> own_registries_conf(const Host& host) {
  if (const auto home = host.env("HOME")) {
    return *home + kUser + kOwn;
  }
  return fail(ErrorKind::unavailable, "HOME is not set", kSetHome);
}

std::string registries_conf_text(const std::string& helper) {
  return "# Made by docker-credential-" + helper + " configure; its --undo takes it back.\n" + std::string(kSetting) +
         " = [" + write_json_string(helper) + "]\n";
}

}  // namespace keyberth
