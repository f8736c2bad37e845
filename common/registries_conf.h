// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/host.h"
#include "common/result.h"

/// What podman, skopeo and buildah have in place of Docker's credsStore: the helpers for every registry, which
/// containers-registries.conf(5) names.
namespace keyberth {

struct RegistriesConf {
  std::vector<std::string> helpers;  ///< suffixes, in the order in which they are asked
  bool asks_files = true;            ///< whether anybody looks into an auth.json too
  std::string path;                  ///< the file that says so; empty when none does

  [[nodiscard]] bool names(const std::string& suffix) const;
};

/// The setting that counts: that of $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else
/// /etc/containers/registries.conf, unless a file of the folders registries.conf.d beside the last two replaces it; the
/// last one does, and such a folder that is a link counts for nothing (containers/image, pkg/sysregistriesv2).
/// bad_input names a file that is no TOML, which stops podman too, or whose setting is no list of texts.
[[nodiscard]] Result<RegistriesConf> registries_conf(const Host& host);

/// `credential-helpers` of the text of one such file; nothing when it is not there. bad_input: as above, without the
/// file.
[[nodiscard]] Result<std::optional<std::vector<std::string>>> credential_helpers(std::string_view text);

/// The file of ours in ~/.config/containers/registries.conf.d, which names one helper and says nothing else, but for
/// `asks_files` that an auth.json is asked after it.
[[nodiscard]] Result<std::string> own_registries_conf(const Host& host);
[[nodiscard]] std::string registries_conf_text(const std::string& helper, bool asks_files);

}  // namespace keyberth
