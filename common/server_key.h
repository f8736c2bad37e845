// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace keyberth {

/// The keys under which a credential for `server` may be stored, best first. The first is always `server` itself. Then:
///  1. for Docker Hub, its synonyms: index.docker.io, docker.io and registry-1.docker.io, with and without https:// and
///     the path /v1/;
///  2. the same host with and without https://, the default port and a final slash;
///  3. for a key with a repository path, every shorter path in turn, then the host alone.
/// Never another port, never between http and https (a key without a scheme means https), never to or from Docker Hub's
/// companion keys (.../access-token, .../refresh-token) and private keys (is_private). A key that is not of the form
/// [http[s]://]host[:port][/path] has no alias.
[[nodiscard]] std::vector<std::string> lookup_keys(std::string_view server);

/// The keys that an erase of `server` removes: itself and, for Docker Hub, the synonyms. Otherwise a login made by
/// podman (docker.io) would outlive the docker logout that get's aliases make it serve.
[[nodiscard]] std::vector<std::string> erase_keys(std::string_view server);

/// Whether this is of the form [http[s]://]host[:port][/path], with a port that there is.
[[nodiscard]] bool is_server(std::string_view text);

/// Keys of the scheme oauth+https belong to docker-credential-oauth: stored and fetched like any other, never listed.
[[nodiscard]] bool is_private(std::string_view server);

}  // namespace keyberth
