// SPDX-License-Identifier: Apache-2.0
#include "common/registries_conf.h"

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <system_error>
#include <utility>

// Its headers alone: Debian's CMake target would make its shared library a dependency.
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include "common/config_file.h"
#include "common/file_checks.h"
#include "common/json.h"
#include "common/protocol.h"
#include "common/user_checks.h"
#include "common/utf8.h"

namespace keyberth {
namespace {

constexpr std::string_view kSetting = "credential-helpers";
constexpr std::string_view kFiles = "containers-auth.json";
constexpr const char* kSystem = "/etc/containers/registries.conf";
constexpr const char* kUser = "/.config/containers/registries.conf";
constexpr const char* kOwn = ".d/99-keyberth.conf";

/// In the order in which they are read.
std::vector<std::string> files_in(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code failed;
  if (std::filesystem::is_symlink(folder, failed)) {  // containers/image walks through it without following links
    return files;
  }
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
  if (!is_utf8(text)) {
    return fail(ErrorKind::bad_input, "it is not UTF-8, as TOML has to be");
  }
  // TOML has letters outside ASCII in texts and comments only. Elsewhere toml++ 3.3 runs into undefined behaviour at
  // some of them, such as U+00D2; no helper's name has any.
  std::string ascii(text);
  std::replace_if(
      ascii.begin(), ascii.end(), [](char c) { return static_cast<unsigned char>(c) > 0x7F; }, '?');
  const toml::parse_result parsed = toml::parse(ascii);
  if (!parsed) {
    return fail(ErrorKind::bad_input, "line " + std::to_string(parsed.error().source().begin.line) + " is no TOML");
  }
  const toml::node* setting = parsed.table().get(kSetting);
  if (setting == nullptr) {
    return std::optional<std::vector<std::string>>();
  }
  const toml::array* list = setting->as_array();
  std::vector<std::string> helpers;
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    const toml::value<std::string>* helper = list->get(i)->as_string();
    if (helper == nullptr) {
      list = nullptr;
    } else {
      helpers.push_back(helper->get());
    }
  }
  return list != nullptr ? Result<std::optional<std::vector<std::string>>>(std::move(helpers))
                         : fail(ErrorKind::bad_input, "its credential-helpers is no list of texts");
}

Result<RegistriesConf> registries_conf(const Host& host) {
  RegistriesConf conf;
  for (const std::string& path : all_files(host)) {
    const Result<std::string> text = read_config_file(path);
    auto helpers = text ? credential_helpers(*text) : tl::unexpected(text.error());
    if (!helpers) {
      return fail(helpers.error().kind,
                  text ? printable_path(path) + ": " + helpers.error().message : helpers.error().message,
                  text ? edit_command(host, path) : text.error().hint);
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

std::string registries_conf_text(const std::string& helper, bool asks_files) {
  return "# Made by docker-credential-" + helper + " configure; its --undo removes this file.\n" +
         std::string(kSetting) + " = [" + write_json_string(helper) +
         (asks_files ? ", " + write_json_string(kFiles) : "") + "]\n";
}

}  // namespace keyberth
