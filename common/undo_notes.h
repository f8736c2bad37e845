// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <set>
#include <string>

#include "common/docker_config.h"
#include "common/host.h"
#include "common/result.h"

/// What settings were before we changed them, for `configure --undo`: beside the file, in its very form.
namespace keyberth {

/// The file of notes, ".keyberth-undo".
[[nodiscard]] std::string undo_path(const std::string& path);

/// The notes about a file, by registry. Those that cannot be read: the error names their file and the way without them.
[[nodiscard]] Result<HelperNames> read_notes(const std::string& path);

/// What a note says.
struct FormerSetting {
  std::string helper;  ///< that was named; empty when none was
  std::string json;    ///< what stood there instead of a name: null or ""; empty when there was no such member
};
[[nodiscard]] FormerSetting read_note(const std::string& note);

/// Notes what the settings of these registries (empty: credsStore) were, unless that is noted already or they name the
/// helper of that suffix, and runs `change`. When that fails, the notes made here go again.
[[nodiscard]] Result<> change_with_notes(Host& host, const std::string& path, const std::set<std::string>& registries,
                                         const std::string& suffix, const std::function<Result<>()>& change);

/// Strikes a note out; the file of notes goes with the last one.
[[nodiscard]] Result<> forget_note(Host& host, const std::string& path, const std::string& registry);

}  // namespace keyberth
