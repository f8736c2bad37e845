// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "common/host.h"

namespace keyberth {

/// Commits a change in the store, as pass does, if its nearest folder with a repository is inside the store.
///
/// `written` (empty if none) and `removed` are relative to the store; `title` is the commit's message. Only these files
/// are committed, whatever else is staged. As with pass, trouble with git does not undo the change nor fail it: the
/// credential is stored. It is told in the debug log, and `pass git status` shows it.
void record_in_git(Host& host, const std::string& store, const std::string& written,
                   const std::vector<std::string>& removed, const std::string& title);

}  // namespace keyberth
