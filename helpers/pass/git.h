// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "common/doctor.h"
#include "common/host.h"

namespace keyberth {

/// The folder of the innermost repository that `path` (relative to the store) is in, if it is the store or below it;
/// else empty.
[[nodiscard]] std::string find_repository(const std::string& store, const std::string& path);

/// Commits a change in the store, as pass does, if its nearest folder with a repository is inside the store.
///
/// `written` (empty if none) and `removed` are relative to the store; `title` is the commit's message. Only these files
/// are committed, whatever else is staged. As with pass, trouble with git does not undo the change nor fail it: the
/// credential is stored. It is told in the debug log, and `pass git status` shows it.
void record_in_git(Host& host, const std::string& store, const std::string& written,
                   const std::vector<std::string>& removed, const std::string& title);

/// For `doctor`: whether changes of logins are committed and further ones can be. One check, or none when the store is
/// no repository.
[[nodiscard]] std::vector<Check> examine_git(Host& host, const std::string& store);

}  // namespace keyberth
