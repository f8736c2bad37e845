// SPDX-License-Identifier: Apache-2.0
#include "common/client_files.h"

#include <unistd.h>

#include <algorithm>
#include <optional>

#include "common/process.h"
#include "common/registries_conf.h"
#include "common/server_key.h"

namespace keyberth {
namespace {

constexpr const char* kAuthFile = "/containers/auth.json";
constexpr const char* kHub = "https://index.docker.io/v1/";
constexpr const char* kPrefix = "docker-credential-";

std::optional<std::string> lasting_auth_file(const Host& host) {
  if (const auto folder = host.env("XDG_CONFIG_HOME")) {
    return *folder + kAuthFile;
  }
  const auto home = host.env("HOME");
  return home ? std::optional(*home + "/.config" + kAuthFile) : std::nullopt;
}

std::vector<ClientFile> auth_files(const Host& host) {
  const std::string without_session = "/run/containers/" + std::to_string(geteuid()) + "/auth.json";
  const auto runtime = host.env("XDG_RUNTIME_DIR");
  const std::string fleeting = runtime ? *runtime + kAuthFile : without_session;
  std::vector<ClientFile> files;
  for (const auto& path : {host.env("REGISTRY_AUTH_FILE"), std::optional(fleeting), lasting_auth_file(host)}) {
    const auto same = [&](const ClientFile& file) { return file.path == *path; };
    if (path && access(path->c_str(), F_OK) == 0 && std::none_of(files.begin(), files.end(), same)) {
      files.push_back({*path, true, *path == fleeting});
    }
  }
  return files;
}

}  // namespace

Clients clients_of(const Host& host) {
  const auto is_there = [&](const char* program) { return !find_program(host, program).empty(); };
  const Result<std::string> file = docker_config_path(host);
  const bool has_docker = is_there("docker");
  const bool docker = has_docker || (file && access(file->c_str(), F_OK) == 0);
  const Result<RegistriesConf> conf = registries_conf(host);
  const bool set_up = !conf || !conf->path.empty() || !auth_files(host).empty();
  const bool containers = set_up || (!has_docker && (is_there("podman") || is_there("skopeo") || is_there("buildah")));
  return {docker || !containers, containers};
}

std::string client_of(const ClientFile& file) { return file.containers ? "podman" : "docker"; }

Result<std::vector<ClientFile>> client_files(const Host& host) {
  const Result<std::string> docker = docker_config_path(host);
  if (!docker) {
    return tl::unexpected(docker.error());
  }
  std::vector<ClientFile> files = auth_files(host);
  std::erase_if(files, [&](const ClientFile& file) { return file.path == *docker; });
  if (clients_of(host).docker) {
    files.insert(files.begin(), {*docker});
  }
  return files;
}

Result<HelperNames> asked_helpers(const Host& host, const ClientFile& file, std::string_view text) {
  Result<HelperNames> names = configured_helpers(text);
  if (!names || !file.containers) {
    return names;
  }
  const RegistriesConf conf = registries_conf(host).value_or(RegistriesConf());
  names->store = conf.helpers.empty() ? "" : conf.helpers.front();
  if (!conf.asks_files) {
    names->registries.clear();
  }
  return names;
}

Result<ClientFile> containers_file(const Host& host) {
  const auto named = host.env("REGISTRY_AUTH_FILE");
  const auto path = named ? named : lasting_auth_file(host);
  if (!path) {
    return fail(ErrorKind::unavailable, "none of REGISTRY_AUTH_FILE, XDG_CONFIG_HOME and HOME is set");
  }
  return ClientFile{*path, true};
}

std::string registry_name(const std::string& registry, bool containers) {
  const std::vector<std::string> names = lookup_keys(registry);
  if (std::find(names.begin(), names.end(), kHub) != names.end()) {
    return containers ? "docker.io" : kHub;
  }
  const std::size_t scheme = registry.find("://");
  const std::string rest = scheme == std::string::npos ? registry : registry.substr(scheme + 3);
  return rest.substr(0, rest.find('/'));
}

std::string kept_name(const ClientFile& file, const std::string& key) {
  const std::string asked = registry_name(key, file.containers);
  const std::vector<std::string> names = lookup_keys(asked);
  return key.starts_with(kHub) || std::find(names.begin(), names.end(), key) != names.end() ? key : asked;
}

std::string suffix_of(const std::string& program) {
  const std::string prefix = kPrefix;
  return program.starts_with(prefix) ? program.substr(prefix.size()) : program;
}

std::string program_of(const std::string& suffix) { return kPrefix + suffix; }

}  // namespace keyberth
