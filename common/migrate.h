// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "common/client_files.h"
#include "common/command.h"
#include "common/docker_config.h"
#include "common/plain_logins.h"
#include "common/result.h"

namespace keyberth {

struct Helper;

/// Why migrate does not move this login; empty when it does. Besides PlainLogin::obstacle, a login of auth.json for a
/// part of a registry (containers-auth.json(5) asks helpers for whole ones), and any of a file of podman's that would
/// not get it back from this helper.
[[nodiscard]] std::string why_immovable(const Helper& helper, const ClientFile& file, const PlainLogin& login);

/// The helper, by its suffix, that clients ask for this server's login instead of reading the file, when it is not
/// `helper` itself; empty without one.
[[nodiscard]] std::string asked_instead(const Helper& helper, const ClientFile& file, const HelperNames& names,
                                        const std::string& server);

/// For a server of which the file and the store have different logins: the two commands that choose, with words.
[[nodiscard]] std::string keep_commands(const Helper& helper);

/// Where migrate keeps the file as it was while it works; gone when all is well.
[[nodiscard]] std::string backup_path(const std::string& path);

/// `migrate [--dry-run] [--keep file|store]`: moves the plain-text logins of Docker's config.json and podman's
/// auth.json into this helper's store and names the helper there. For each file: every login is stored, read back and
/// compared; then, beside a backup, one atomic change takes away exactly what was read back; then the backup is
/// removed. Killed at any point, each login is still in the file or in the store, and another migrate finishes the
/// work. Where the store has another login for a server, neither is touched, unless `--keep` says which of them is the
/// right one; what one run has stored, the same run never replaces. `--dry-run` reads and compares, and says what would
/// become of each, with the same exit code. Not good (1) when a login had to stay.
[[nodiscard]] Result<CommandOutput> migrate(const Helper& helper, const std::vector<std::string>& arguments);

}  // namespace keyberth
