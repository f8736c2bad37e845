// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "common/store.h"

/// The credentials of a password store as files: finding and removing them. Nothing here decrypts.
namespace keyberth {

/// One encrypted file.
struct FoundEntry {
  std::string folder;    ///< of its server, relative to the store
  std::string file;      ///< below `folder`
  std::string username;  ///< what the name says
};

/// Everything stored for `server`, newest first (by the files' times; by name where they are equal). Empty when there
/// is nothing; denied when a folder may not be read.
[[nodiscard]] Result<std::vector<FoundEntry>> find_entries(const std::string& store, std::string_view server);

/// What the folders of logins hold.
struct Survey {
  std::map<std::string, std::vector<FoundEntry>> servers;  ///< never without an entry; newest first
  // Paths relative to the store:
  std::vector<std::string> barren;      ///< folders of servers that hold no entry
  std::vector<std::string> strange;     ///< files and folders whose names are not those of servers
  std::vector<std::string> unreadable;  ///< folders of servers that may not be read
};

/// Looks at everything that find_entries finds for some server, and at what is beside it. denied when the outermost
/// folder may not be read.
[[nodiscard]] Result<Survey> survey_entries(const std::string& store);

/// All servers with the user name of their newest entry. Names that mean nothing are left out, folders that may not be
/// read as well; denied only when that is true of the outermost one.
[[nodiscard]] Result<std::vector<Entry>> list_entries(const std::string& store);

/// Removes the file, then the folders above it that are empty now (as pass does), up to but not including the store.
[[nodiscard]] Result<> remove_entry(const std::string& store, const FoundEntry& entry);

/// Removes `folder` (relative to the store) and the folders above it as long as they are empty, the store not included.
void remove_empty_folders(const std::string& store, std::string folder);

}  // namespace keyberth
