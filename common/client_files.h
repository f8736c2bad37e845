// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/docker_config.h"
#include "common/host.h"
#include "common/result.h"

/// Which clients are on this machine, and which of their files name helpers and may hold passwords: Docker's
/// config.json and the auth.json of podman, skopeo and buildah (containers-auth.json(5)).
namespace keyberth {

/// Whose configuration counts. At least one of them.
struct Clients {
  bool docker = true;       ///< it or its file is there, or nothing of the others; helm and crane read that file too
  bool containers = false;  ///< podman and its kin: set up for logins, or there without docker
};
[[nodiscard]] Clients clients_of(const Host& host);

struct ClientFile {
  std::string path;
  /// auth.json: has no credsStore, and its helpers are asked for whole registries only.
  bool containers = false;
  /// In the runtime folder, and gone with the session.
  bool fleeting = false;
};

/// "docker" or "podman", for people.
[[nodiscard]] std::string client_of(const ClientFile& file);

/// Docker's file first, whether it is there or not, if docker is among the clients; then each auth.json that is there:
/// $REGISTRY_AUTH_FILE, $XDG_RUNTIME_DIR/containers/auth.json (without that variable /run/containers/UID/auth.json),
/// ~/.config/containers/auth.json ($XDG_CONFIG_HOME).
[[nodiscard]] Result<std::vector<ClientFile>> client_files(const Host& host);

/// Whom the clients of a file with this text ask: `store` for all registries, `registries` for some. An auth.json has
/// the first from registries.conf, which may let nobody look into the file.
[[nodiscard]] Result<HelperNames> asked_helpers(const Host& host, const ClientFile& file, std::string_view text);

/// The auth.json that lasts and is read by all of them: $REGISTRY_AUTH_FILE, else that of ~/.config.
[[nodiscard]] Result<ClientFile> containers_file(const Host& host);

/// The name under which clients look up a registry in such a file, whatever form it was given in: its host and port,
/// and for Docker Hub https://index.docker.io/v1/ in Docker's file and docker.io in the other.
[[nodiscard]] std::string registry_name(const std::string& registry, bool containers);

/// The name under which a helper has to keep what such a file has under `key`, so that the clients of the file go on
/// finding it: they compare hosts (docker/cli, ConvertToHostname; containers/image, normalizeAuthFileKey), and get's
/// aliases do not. The key itself where that is found, as for Docker Hub's companion keys.
[[nodiscard]] std::string kept_name(const ClientFile& file, const std::string& key);

/// "docker-credential-pass" is "pass" in a configuration.
[[nodiscard]] std::string suffix_of(const std::string& program);
[[nodiscard]] std::string program_of(const std::string& suffix);

}  // namespace keyberth
