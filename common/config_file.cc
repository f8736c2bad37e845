// SPDX-License-Identifier: Apache-2.0
#include "common/config_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <memory>

#include "common/files.h"
#include "common/protocol.h"
#include "common/writable.h"

namespace keyberth {
namespace {

constexpr std::size_t kFileLimit = std::size_t{16} * 1024 * 1024;

/// replace_file makes a file of ours with a mode of its own; what it replaces may be read by others on purpose.
void keep_owner_and_mode(const std::string& path, const struct stat& before) {
  struct stat after {};
  if (stat(path.c_str(), &after) != 0) {
    return;
  }
  if (after.st_uid != before.st_uid || after.st_gid != before.st_gid) {
    (void)!chown(path.c_str(), before.st_uid, before.st_gid);
  }
  if ((after.st_mode & 07777U) != (before.st_mode & 07777U)) {
    (void)chmod(path.c_str(), before.st_mode & 07777U);
  }
}

}  // namespace

std::string target_of(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(realpath(path.c_str(), nullptr), std::free);
  if (real) {
    return real.get();
  }
  std::string target(4096, '\0');
  const ssize_t size = readlink(path.c_str(), target.data(), target.size());
  if (size <= 0) {
    return path;
  }
  target.resize(static_cast<std::size_t>(size));
  return target.starts_with('/') ? target : folder_of(path) + "/" + target;
}

Result<std::string> read_config_file(const std::string& path) {
  Result<std::string> text = read_file(path, kFileLimit);
  return !text && text.error().kind == ErrorKind::not_found ? Result<std::string>("") : text;
}

Error about_file(Error error, const std::string& path) {
  if (error.kind == ErrorKind::bad_input) {
    error.message = "cannot change " + printable_path(path) + ": " + error.message;
  }
  return error;
}

Result<bool> edit_file(Host& host, const std::string& path, const FileEdit& edit) {
  const Result<std::string> locks = runtime_folder(host);
  if (!locks) {
    return tl::unexpected(locks.error());
  }
  const Result<FileLock> lock = FileLock::acquire(host, *locks + "/docker-config.lock", std::chrono::seconds(10));
  if (!lock) {
    return tl::unexpected(lock.error());
  }
  const std::string target = target_of(path);
  struct stat before {};
  const bool exists = stat(target.c_str(), &before) == 0;
  const Result<std::string> text = read_config_file(target);
  if (!text) {
    return tl::unexpected(text.error());
  }
  const Result<std::string> changed = edit(*text);
  if (!changed) {
    return tl::unexpected(about_file(changed.error(), path));
  }
  if (*changed == *text) {
    return false;
  }
  if (auto trouble = replace_trouble(path)) {
    return tl::unexpected(*trouble);
  }
  KEYBERTH_TRY(make_folders(folder_of(target)));
  KEYBERTH_TRY(replace_file(target, *changed));
  if (exists) {
    keep_owner_and_mode(target, before);
  }
  return true;
}

}  // namespace keyberth
