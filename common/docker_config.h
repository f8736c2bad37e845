// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "common/host.h"
#include "common/result.h"

namespace keyberth {

/// One setting of Docker's config.json that names a helper by its suffix ("pass" is docker-credential-pass).
struct HelperSetting {
  std::string registry;  ///< a member of credHelpers; empty is credsStore, for every registry
  std::string helper;
  bool remove = false;       ///< take it away, if it names this helper; another one's stays
  std::string instead = {};  ///< with `remove`: JSON that takes its place; empty takes the member away
};

/// The file's text with the setting changed and nothing else: unknown members, their order, indentation, line ends and
/// even odd spacing stay. Text without a change comes back as it is. Empty text is a new file.
///
/// bad_input when the text is no JSON object, or credHelpers is no object, or a member that matters is there twice.
[[nodiscard]] Result<std::string> edit_docker_config(std::string_view text, const HelperSetting& setting);

/// What the text says now: the helper's suffix, or nothing.
[[nodiscard]] Result<std::string> configured_helper(std::string_view text, const std::string& registry);

/// The setting as it stands in the text, as JSON; empty when it is not there.
[[nodiscard]] Result<std::string> setting_json(std::string_view text, const std::string& registry);

/// Whether Docker reads this text: every setting of the right kind (docker/cli, cli/config/configfile/file.go). The
/// bad_input names the first that is not; Docker then goes on as if the whole file were empty.
[[nodiscard]] Result<> check_docker_config(std::string_view text);

/// All helpers that a configuration names, by their suffixes.
struct HelperNames {
  std::string store;                              ///< credsStore; empty without
  std::map<std::string, std::string> registries;  ///< credHelpers, by registry
};
[[nodiscard]] Result<HelperNames> configured_helpers(std::string_view text);

/// $DOCKER_CONFIG/config.json, else ~/.docker/config.json.
[[nodiscard]] Result<std::string> docker_config_path(const Host& host);

/// What became of the file.
struct DockerConfigChange {
  std::string path;
  std::string former;    ///< the helper that was named before; empty without
  bool changed = false;  ///< false: it said so already
};

/// edit_docker_config on Docker's own file, or on another of the same form; see edit_file.
[[nodiscard]] Result<DockerConfigChange> change_docker_config(Host& host, const HelperSetting& setting);
[[nodiscard]] Result<DockerConfigChange> change_docker_config(Host& host, const std::string& path,
                                                              const HelperSetting& setting);

}  // namespace keyberth
