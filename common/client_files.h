// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "common/host.h"
#include "common/result.h"

/// Which files name helpers and may hold passwords: Docker's config.json and the auth.json of podman, skopeo and
/// buildah (containers-auth.json(5)).
namespace keyberth {

struct ClientFile {
  std::string path;
  /// auth.json: has no credsStore, and its helpers are asked for whole registries only.
  bool containers = false;
};

/// Docker's file first, whether it is there or not; then each auth.json that is there: $REGISTRY_AUTH_FILE,
/// $XDG_RUNTIME_DIR/containers/auth.json (without that variable /run/containers/UID/auth.json),
/// ~/.config/containers/auth.json ($XDG_CONFIG_HOME).
[[nodiscard]] Result<std::vector<ClientFile>> client_files(const Host& host);

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
