// SPDX-License-Identifier: Apache-2.0
#include "helpers/pass/pass_store.h"

#include <limits.h>
#include <sys/stat.h>

#include <charconv>
#include <optional>

#include "common/files.h"
#include "common/protocol.h"
#include "helpers/pass/entry_path.h"
#include "helpers/pass/git.h"
#include "helpers/pass/key_files.h"
#include "helpers/pass/places.h"
#include "helpers/pass/recipients.h"

namespace keyberth {
namespace {

/// An encrypted entry: the largest secret (kInputLimit) and room for what encryption and other programs add.
constexpr std::size_t kEntryLimit = 2 * kInputLimit;
/// How long a store waits for others that write at the same time; each takes some milliseconds, with git some tens.
constexpr std::chrono::seconds kWriteWait{30};
/// For races with programs that do not take turns with us.
constexpr int kAttempts = 3;
/// What replace_file and the suffixes need behind a path.
constexpr std::size_t kPathReserve = 64;

std::string without_suffix(std::string path) {
  path.resize(path.size() - kSuffix.size());
  return path;
}

/// Writers take turns: two that store different user names for one server would otherwise remove each other's entry,
/// and git knows one writer only. Without a folder for the lock they go on without.
Result<std::optional<FileLock>> take_turn(Host& host) {
  const Result<std::string> folder = runtime_folder(host);
  if (!folder) {
    host.debug(folder.error().message);
    return std::nullopt;
  }
  Result<FileLock> lock = FileLock::acquire(host, *folder + "/keyberth-pass-write.lock", kWriteWait);
  if (!lock) {
    return pass_on(std::move(lock));
  }
  return std::optional(std::move(*lock));
}

bool is_link(const std::string& path) {
  struct stat info {};
  return lstat(path.c_str(), &info) == 0 && S_ISLNK(info.st_mode);
}

Result<> write_entry(const std::string& store, const EntryPath& target, std::string_view message) {
  const std::string path = store + "/" + target.folder + "/" + target.file;
  const std::string folder = path.substr(0, path.rfind('/'));
  // Not among the entries of a server, where older helpers would take the temporary file for one; but a folder that is
  // a link may be on another file system.
  const std::string top = store + "/" + target.folder.substr(0, target.folder.find('/'));
  const std::string workshop = is_link(store + "/" + target.folder) ? std::string() : top;
  Result<> done;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    done = make_folders(folder, 0777);
    if (done) {
      done = replace_file(path, message, 0666, workshop);
    }
    // Other programs remove folders that they have emptied, perhaps just now.
    if (done || done.error().kind != ErrorKind::not_found) {
      break;
    }
    done.error().kind = ErrorKind::unavailable;
  }
  if (!done) {
    // An empty folder would be harmless here, but makes the list of older helpers fail.
    remove_empty_folders(store, folder.substr(store.size() + 1));
  }
  return done;
}

}  // namespace

Result<std::string> store_folder(const Host& host) {
  std::string folder;
  if (const auto chosen = host.env("PASSWORD_STORE_DIR")) {
    folder = *chosen;
  } else if (const auto home = host.env("HOME")) {
    folder = *home + "/.password-store";
  } else {
    return fail(ErrorKind::unavailable, "the password store cannot be found, because HOME is not set",
                "set HOME to your home folder, or PASSWORD_STORE_DIR to the folder of the store");
  }
  while (folder.size() > 1 && folder.ends_with('/')) {
    folder.pop_back();
  }
  return folder;
}

StoreUmask::StoreUmask(const Host& host) {
  constexpr unsigned kPrivate = 077;
  constexpr int kOctal = 8;
  const std::string text = host.env("PASSWORD_STORE_UMASK").value_or("");
  unsigned mask = kPrivate;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), mask, kOctal);
  former_ = umask(problem == std::errc() && end == text.data() + text.size() && mask <= 0777 ? mask : kPrivate);
}

StoreUmask::~StoreUmask() { umask(former_); }

Result<Credential> PassStore::get(std::span<const std::string> keys) {
  const Result<std::string> store = store_folder(host_);
  if (!store) {
    return tl::unexpected(store.error());
  }
  for (const std::string& server : keys) {
    // A file that was there a moment ago is gone when somebody logs in meanwhile with another user name: look again.
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      Result<std::vector<FoundEntry>> entries = find_entries(*store, server);
      if (!entries) {
        return pass_on(std::move(entries));
      }
      if (entries->empty()) {
        break;
      }
      Result<Credential> credential = read(*store, server, entries->front());
      if (credential || credential.error().kind != ErrorKind::not_found) {
        return credential;
      }
    }
  }
  return fail(ErrorKind::not_found, std::string(kNotFound));
}

Result<Credential> PassStore::read(const std::string& store, const std::string& server, const FoundEntry& entry) {
  const std::string path = store + "/" + entry.folder + "/" + entry.file;
  const std::string what = "the login of " + printable(server);
  const Result<std::string> message = read_file(path, kEntryLimit);
  if (!message && message.error().kind == ErrorKind::limit) {
    return fail(ErrorKind::damaged, what + " is damaged: its file is far too large",
                "replace it by logging in again (docker login), or look at it: ls -l " + shell_word(path));
  }
  if (!message) {
    return tl::unexpected(message.error());
  }
  Result<Secret> secret = gpg_.decrypt(*message, path, what);
  if (!secret) {
    return tl::unexpected(with_cause(host_, std::move(secret.error())));
  }
  secret->truncate(secret->view().find_last_not_of("\r\n") + 1);
  return Credential{server, entry.username, std::move(*secret)};
}

Result<> PassStore::store(const Credential& credential) {
  const Result<std::string> store = store_folder(host_);
  if (!store) {
    return tl::unexpected(store.error());
  }
  const EntryPath target = entry_path(credential.server, credential.username);
  if (store->size() + target.folder.size() + target.file.size() + kPathReserve > PATH_MAX) {
    return fail(ErrorKind::limit, "the server address and the user name are too long for a file name",
                "together they may have about 2800 bytes");
  }
  if (auto trouble = obstacle(store_place(host_, *store))) {
    return tl::unexpected(std::move(*trouble));
  }
  Result<Recipients> recipients = find_recipients(host_, gpg_, *store, target.folder);
  if (!recipients) {
    return pass_on(std::move(recipients));
  }
  Result<Secret> message = gpg_.encrypt(credential.secret.view(), *recipients);
  if (!message) {
    return tl::unexpected(with_cause(host_, std::move(message.error())));
  }
  const Result<std::optional<FileLock>> turn = take_turn(host_);
  if (!turn) {
    return tl::unexpected(turn.error());
  }
  const StoreUmask mode(host_);
  KEYBERTH_TRY(write_entry(*store, target, message->view()));

  // Only now, with the new entry on disk, may the server's other ones go.
  Result<std::vector<FoundEntry>> entries = find_entries(*store, credential.server);
  if (!entries) {
    return pass_on(std::move(entries));
  }
  std::vector<std::string> removed;
  for (const FoundEntry& entry : *entries) {
    if (entry.folder != target.folder || entry.file != target.file) {
      KEYBERTH_TRY(remove_entry(*store, entry));
      removed.push_back(entry.folder + "/" + entry.file);
    }
  }
  const std::string path = target.folder + "/" + target.file;
  record(*store, path, removed, "Add given password for " + without_suffix(path) + " to store.");
  return {};
}

Result<> PassStore::erase(std::span<const std::string> keys) {
  const Result<std::string> store = store_folder(host_);
  if (!store) {
    return tl::unexpected(store.error());
  }
  const Result<std::optional<FileLock>> turn = take_turn(host_);
  if (!turn) {
    return tl::unexpected(turn.error());
  }
  const StoreUmask mode(host_);
  for (const std::string& server : keys) {
    Result<std::vector<FoundEntry>> entries = find_entries(*store, server);
    if (!entries) {
      return pass_on(std::move(entries));
    }
    std::vector<std::string> removed;
    for (const FoundEntry& entry : *entries) {
      KEYBERTH_TRY(remove_entry(*store, entry));
      removed.push_back(entry.folder + "/" + entry.file);
    }
    if (!removed.empty()) {
      record(*store, "", removed, "Remove " + entries->front().folder + " from store.");
    }
  }
  return {};
}

void PassStore::record(const std::string& store, const std::string& written, const std::vector<std::string>& removed,
                       const std::string& title) {
  if (history_ == History::kept) {
    record_in_git(host_, store, written, removed, title);
  }
}

Result<std::vector<Entry>> PassStore::list() {
  const Result<std::string> store = store_folder(host_);
  if (!store) {
    return tl::unexpected(store.error());
  }
  return list_entries(*store);
}

}  // namespace keyberth
