// SPDX-License-Identifier: Apache-2.0
#include "helpers/pass/folder.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <memory>
#include <system_error>
#include <tuple>

#include "common/files.h"
#include "helpers/pass/entry_path.h"

namespace keyberth {
namespace {

/// Deep enough for the longest path a system call takes, and an end for bind mounts that go in circles.
constexpr int kDepthLimit = 64;

enum class Kind { folder, file, other };

struct Name {
  std::string text;
  Kind kind;
  bool is_link;
};

std::string joined(const std::string& folder, const std::string& name) { return folder + "/" + name; }

Kind kind_of(mode_t mode) { return S_ISDIR(mode) ? Kind::folder : S_ISREG(mode) ? Kind::file : Kind::other; }

/// Names in a folder, links followed. Empty when there is no such folder.
Result<std::vector<Name>> read_folder(const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(path.c_str()), closedir);
  std::vector<Name> names;
  if (!directory) {
    if (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG || errno == ELOOP) {
      return names;
    }
    return tl::unexpected(system_error("read", path, errno));
  }
  while (const dirent* entry = readdir(directory.get())) {  // NOLINT(concurrency-mt-unsafe): a stream of our own
    const std::string_view text = entry->d_name;
    if (text == "." || text == ".." || text == ".git") {
      continue;
    }
    Kind kind = entry->d_type == DT_DIR ? Kind::folder : entry->d_type == DT_REG ? Kind::file : Kind::other;
    struct stat info {};
    if ((entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN) &&
        fstatat(dirfd(directory.get()), entry->d_name, &info, 0) == 0) {
      kind = kind_of(info.st_mode);
    }
    names.push_back({std::string(text), kind, entry->d_type == DT_LNK});
  }
  return names;
}

using Visitor = std::function<void(const std::string& path)>;

/// Calls `visit` with the path, relative to `top`, of every file below it whose name ends like an encrypted file's.
/// Folders that are links are not entered: they could lead anywhere. `wanted` chooses among the folders.
void walk(const std::string& top, const std::string& below, int depth, const std::function<bool(const Name&)>& wanted,
          const Visitor& visit) {
  const Result<std::vector<Name>> names = read_folder(below.empty() ? top : top + "/" + below);
  if (!names || depth > kDepthLimit) {
    return;
  }
  for (const Name& name : *names) {
    const std::string path = below.empty() ? name.text : below + "/" + name.text;
    if (name.kind == Kind::file && name.text.ends_with(kSuffix)) {
      visit(path);
    } else if (name.kind == Kind::folder && !name.is_link && wanted(name)) {
      walk(top, path, depth + 1, wanted, visit);
    }
  }
}

std::vector<FoundEntry> entries_in_plain_folder(const std::string& store, const std::string& folder) {
  std::vector<FoundEntry> entries;
  walk(
      store + "/" + folder, "", 0, [](const Name&) { return true; },
      [&](const std::string& path) {
        if (std::optional<std::string> username = plain_username(path)) {
          entries.push_back({folder, path, std::move(*username)});
        }
      });
  return entries;
}

std::vector<FoundEntry> entries_in_long_folder(const std::string& store, const std::string& folder) {
  std::vector<FoundEntry> entries;
  const std::string server_part = folder.substr(kLongFolder.size() + 1);
  walk(
      store + "/" + folder, "", 0, [](const Name& name) { return name.text.starts_with('@'); },
      [&](const std::string& path) {
        if (std::optional<EntryOwner> owner = long_owner(server_part + "/" + path)) {
          entries.push_back({folder, path, std::move(owner->username)});
        }
      });
  return entries;
}

void sort_newest_first(const std::string& store, std::vector<FoundEntry>& entries) {
  if (entries.size() < 2) {
    return;
  }
  const auto age = [&](const FoundEntry& entry) {
    struct stat info {};
    (void)stat((store + "/" + entry.folder + "/" + entry.file).c_str(), &info);
    return std::tuple(-info.st_mtim.tv_sec, -info.st_mtim.tv_nsec, entry.file);
  };
  std::sort(entries.begin(), entries.end(),
            [&](const FoundEntry& left, const FoundEntry& right) { return age(left) < age(right); });
}

/// Whether a folder can be read, apart from its not being there.
Result<> check_readable(const std::string& path) {
  Result<std::vector<Name>> names = read_folder(path);
  return names ? Result<>{} : pass_on(std::move(names));
}

}  // namespace

Result<std::vector<FoundEntry>> find_entries(const std::string& store, std::string_view server) {
  std::vector<FoundEntry> entries;
  if (const std::optional<std::string> folder = plain_server_folder(server)) {
    entries = entries_in_plain_folder(store, *folder);
    if (entries.empty()) {
      KEYBERTH_TRY(check_readable(store + "/" + *folder));
    }
  }
  const std::string long_folder = long_server_folder(server);
  for (FoundEntry& entry : entries_in_long_folder(store, long_folder)) {
    entries.push_back(std::move(entry));
  }
  if (entries.empty()) {
    KEYBERTH_TRY(check_readable(store + "/" + long_folder));
  }
  sort_newest_first(store, entries);
  return entries;
}

Result<Survey> survey_entries(const std::string& store) {
  Result<std::vector<Name>> names = read_folder(store + "/" + std::string(kFolder));
  if (!names) {
    return pass_on(std::move(names));
  }
  Survey survey;
  for (const Name& name : *names) {
    const std::string folder = joined(std::string(kFolder), name.text);
    const std::optional<std::string> server = decode_base64url(name.text);
    if (name.kind != Kind::folder || !server || server->empty()) {
      if (!name.text.starts_with('.')) {
        survey.strange.push_back(folder);
      }
      continue;
    }
    std::vector<FoundEntry> entries = entries_in_plain_folder(store, folder);
    if (!entries.empty()) {
      survey.servers[*server] = std::move(entries);
    } else if (check_readable(joined(store, folder))) {
      survey.barren.push_back(folder);
    } else {
      survey.unreadable.push_back(folder);
    }
  }
  walk(
      store + "/" + std::string(kLongFolder), "", 0, [](const Name&) { return true; },
      [&](const std::string& path) {
        if (std::optional<EntryOwner> owner = long_owner(path)) {
          survey.servers[owner->server].push_back({std::string(kLongFolder), path, std::move(owner->username)});
        }
      });
  for (auto& [server, entries] : survey.servers) {
    sort_newest_first(store, entries);
  }
  return survey;
}

Result<std::vector<Entry>> list_entries(const std::string& store) {
  Result<Survey> survey = survey_entries(store);
  if (!survey) {
    return pass_on(std::move(survey));
  }
  std::vector<Entry> result;
  for (auto& [server, entries] : survey->servers) {
    result.push_back({server, std::move(entries.front().username)});
  }
  return result;
}

Result<> remove_entry(const std::string& store, const FoundEntry& entry) {
  const std::string path = entry.folder + "/" + entry.file;
  const std::string absolute = store + "/" + path;
  if (unlink(absolute.c_str()) != 0 && errno != ENOENT) {
    return tl::unexpected(system_error("remove", absolute, errno));
  }
  remove_empty_folders(store, path.substr(0, path.rfind('/')));
  return {};
}

void remove_empty_folders(const std::string& store, std::string folder) {
  while (!folder.empty()) {
    const std::string path = joined(store, folder);
    struct stat info {};
    const bool is_outermost = folder.find('/') == std::string::npos;
    if (!is_outermost && lstat(path.c_str(), &info) == 0 && S_ISLNK(info.st_mode)) {
      // A server's folder may be a link; it goes when the folder it leads to can go.
      std::error_code problem;
      const std::filesystem::path target = std::filesystem::canonical(path, problem);
      if (problem || rmdir(target.c_str()) != 0 || unlink(path.c_str()) != 0) {
        return;
      }
    } else if (rmdir(path.c_str()) != 0 && errno != ENOENT) {
      return;
    }
    const auto slash = folder.rfind('/');
    folder.resize(slash == std::string::npos ? 0 : slash);
  }
}

}  // namespace keyberth
