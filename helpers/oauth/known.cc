// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/known.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "common/files.h"
#include "common/server_key.h"
#include "helpers/oauth/json.h"
#include "helpers/oauth/registry.h"

namespace keyberth::oauth {
namespace {

constexpr std::size_t kFileLimit = std::size_t{1024} * 1024;

using Logins = std::vector<Known>;

/// As in the configuration; the name becomes that of a program.
bool is_vault_name(std::string_view name) {
  return !name.empty() && name != "oauth" &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") == std::string_view::npos;
}

Logins read(const std::string& folder) {
  Logins result;
  const Result<std::string> text = read_file(folder + "/sessions.json", kFileLimit);
  const Result<Json> file = text ? parse_json(*text, {.limit = kFileLimit}) : tl::unexpected(text.error());
  const Json* sessions = file ? file->find("sessions") : nullptr;
  for (const Json& session : sessions == nullptr ? std::vector<Json>() : sessions->array) {
    Known login{session.text("registry").value_or(""), session.text("username").value_or(""),
                session.text("vault").value_or(""), session.text("key").value_or("")};
    if (registry_host(login.registry) && is_vault_name(login.vault) && is_private(login.key)) {
      result.push_back(std::move(login));
    }
  }
  const Json* registries = file ? file->find("registries") : nullptr;
  for (const auto& [registry, username] : registries == nullptr ? Json::make_object().object : registries->object) {
    const auto is_same = [&name = registry](const Known& login) { return login.registry == name; };
    if (std::none_of(result.begin(), result.end(), is_same)) {
      result.push_back({registry, username.string, {}, {}});
    }
  }
  return result;
}

/// `registries` is what completions, and programs of before, look for.
std::string written(const Logins& logins) {
  Json registries = Json::make_object();
  Json sessions = Json::make_array();
  for (const Known& login : logins) {
    registries.set(login.registry, Json::of(std::string_view(login.username)));
    if (login.vault.empty()) {
      continue;
    }
    Json session = Json::make_object();
    for (const auto& [name, value] : {std::pair<const char*, const std::string&>{"registry", login.registry},
                                      {"username", login.username},
                                      {"vault", login.vault},
                                      {"key", login.key}}) {
      session.set(name, Json::of(std::string_view(value)));
    }
    sessions.array.push_back(std::move(session));
  }
  Json file = Json::make_object();
  file.set("version", Json::of(1.0));
  file.set("registries", std::move(registries));
  file.set("sessions", std::move(sessions));
  return std::string(write_json(file).view());
}

Result<> change(Host& host, const std::function<bool(Logins&)>& edit) {
  const std::string folder = state_folder(host);
  if (Logins now = read(folder); folder.empty() || !edit(now)) {
    return {};
  }
  KEYBERTH_TRY(make_folders(folder));
  const Result<FileLock> lock = FileLock::acquire(host, folder + "/lock", std::chrono::seconds(5));
  if (!lock) {
    return tl::unexpected(lock.error());
  }
  Logins logins = read(folder);  // again, now that nobody else changes it
  (void)edit(logins);
  return replace_file(folder + "/sessions.json", written(logins));
}

}  // namespace

std::string state_folder(const Host& host) {
  constexpr std::string_view kName = "/docker-credential-oauth";
  if (const auto state = host.env("XDG_STATE_HOME"); state && state->starts_with('/')) {
    return *state + std::string(kName);
  }
  const auto home = host.env("HOME");
  return home ? *home + "/.local/state" + std::string(kName) : std::string();
}

Logins known_logins(const Host& host) { return read(state_folder(host)); }

Result<> remember_login(Host& host, const Known& login) {
  return change(host, [&](Logins& logins) {
    const auto is_it = [&](const Known& known) {
      return known.registry == login.registry && known.may_be_at(login.vault, login.key);
    };
    const auto found = std::find_if(logins.begin(), logins.end(), is_it);
    if (found != logins.end() && found->username == login.username && found->vault == login.vault) {
      return false;
    }
    std::erase_if(logins, is_it);
    logins.push_back(login);
    return true;
  });
}

Result<> forget_login(Host& host, const std::string& registry, const std::string& vault, const std::string& key) {
  return change(host, [&](Logins& logins) {
    return std::erase_if(logins, [&](const Known& known) {
             return known.registry == registry && known.may_be_at(vault, key);
           }) > 0;
  });
}

}  // namespace keyberth::oauth
