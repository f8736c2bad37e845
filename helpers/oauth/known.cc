// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/known.h"

#include <functional>

#include "common/files.h"
#include "helpers/oauth/json.h"

namespace keyberth::oauth {
namespace {

constexpr std::size_t kFileLimit = std::size_t{1024} * 1024;

using Registries = std::map<std::string, std::string>;

Registries read(const std::string& folder) {
  Registries result;
  const Result<std::string> text = read_file(folder + "/sessions.json", kFileLimit);
  const Result<Json> file = text ? parse_json(*text, {.limit = kFileLimit}) : tl::unexpected(text.error());
  const Json* registries = file ? file->find("registries") : nullptr;
  if (registries != nullptr) {
    for (const auto& [registry, username] : registries->object) {
      result.emplace(registry, username.string);
    }
  }
  return result;
}

Result<> change(Host& host, const std::function<bool(Registries&)>& edit) {
  const std::string folder = state_folder(host);
  if (Registries now = read(folder); folder.empty() || !edit(now)) {
    return {};
  }
  KEYBERTH_TRY(make_folders(folder));
  const Result<FileLock> lock = FileLock::acquire(host, folder + "/lock", std::chrono::seconds(5));
  if (!lock) {
    return tl::unexpected(lock.error());
  }
  Registries registries = read(folder);  // again, now that nobody else changes it
  (void)edit(registries);
  Json members = Json::make_object();
  for (const auto& [registry, username] : registries) {
    members.set(registry, Json::of(std::string_view(username)));
  }
  Json file = Json::make_object();
  file.set("version", Json::of(1.0));
  file.set("registries", std::move(members));
  return replace_file(folder + "/sessions.json", write_json(file).view());
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

Registries known_registries(const Host& host) { return read(state_folder(host)); }

Result<> remember_registry(Host& host, const std::string& registry, const std::string& username) {
  return change(host, [&](Registries& registries) {
    const auto known = registries.find(registry);
    if (known != registries.end() && known->second == username) {
      return false;
    }
    registries[registry] = username;
    return true;
  });
}

Result<> forget_registry(Host& host, const std::string& registry) {
  return change(host, [&](Registries& registries) { return registries.erase(registry) > 0; });
}

}  // namespace keyberth::oauth
