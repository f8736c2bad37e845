// SPDX-License-Identifier: Apache-2.0
#include "common/writable.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>

#include "common/config_file.h"
#include "common/files.h"
#include "common/protocol.h"
#include "common/users.h"

namespace keyberth {
namespace {

Error denied(std::string message, std::string hint) { return {ErrorKind::denied, std::move(message), std::move(hint)}; }

/// access(2) says "not permitted", for root too, where the file system forbids what the rights allow.
bool is_immutable(const std::string& path) { return access(path.c_str(), W_OK) != 0 && errno == EPERM; }

Error immutable(const std::string& path) {
  return denied(printable_path(path) + " is marked as never to be changed (immutable)",
                as_root("chattr -i " + shell_word(path)));
}

/// The root of a mount, as containers have single files.
bool is_mounted(const std::string& path) {
  struct statx info {};
  return statx(AT_FDCWD, path.c_str(), 0, STATX_BASIC_STATS, &info) == 0 &&
         (info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

/// Nothing can be made in this folder, which is there.
std::optional<Error> folder_trouble(const std::string& folder) {
  struct stat info {};
  if (stat(folder.c_str(), &info) != 0) {
    return std::nullopt;
  }
  if (!S_ISDIR(info.st_mode)) {
    return Error{ErrorKind::unavailable, printable_path(folder) + " is in the way, where a folder is wanted",
                 "see what: ls -ld " + shell_word(folder)};
  }
  if (auto trouble = disk_trouble(folder)) {
    return trouble;
  }
  if (is_immutable(folder)) {
    return immutable(folder);
  }
  if (access(folder.c_str(), W_OK | X_OK) == 0) {
    return std::nullopt;
  }
  return info.st_uid == geteuid()
             ? denied("you may not write in " + printable_path(folder), "chmod u+rwx " + shell_word(folder))
             : denied("you may not write in " + printable_path(folder) + ", which belongs to " +
                          describe_user(info.st_uid),
                      "");
}

std::optional<Error> target_trouble(const std::string& target) {
  if (auto trouble = folder_trouble(nearest_folder(folder_of(target)))) {
    return trouble;
  }
  if (is_mounted(target)) {
    return denied(printable_path(target) +
                      " cannot be replaced, because it is mounted by itself, as containers do with " + "single files",
                  "Mount the folder it is in, or change it outside.");
  }
  return access(target.c_str(), F_OK) == 0 && is_immutable(target) ? std::optional(immutable(target)) : std::nullopt;
}

}  // namespace

std::string as_root(const std::string& command) { return geteuid() == 0 ? command : "sudo " + command; }

std::optional<Error> disk_trouble(const std::string& folder) {
  struct statvfs disk {};
  if (statvfs(folder.c_str(), &disk) != 0) {
    return std::nullopt;
  }
  if ((disk.f_flag & ST_RDONLY) != 0) {
    return denied("the disk with " + printable_path(folder) + " is mounted read-only",
                  as_root("mount -o remount,rw \"$(findmnt -n -o TARGET --target " + shell_word(folder) + ")\""));
  }
  // Names of folders and a file take a few blocks.
  constexpr unsigned long kBlocks = 4;
  if (disk.f_blocks != 0 && (disk.f_bavail < kBlocks || (disk.f_files != 0 && disk.f_favail < kBlocks))) {
    return Error{ErrorKind::limit, "the disk with " + printable_path(folder) + " is full",
                 "df -h " + shell_word(folder)};
  }
  return std::nullopt;
}

std::optional<Error> replace_trouble(const std::string& path) {
  const std::string target = target_of(path);
  auto trouble = target_trouble(target);
  struct stat info {};
  const bool is_link = lstat(path.c_str(), &info) == 0 && S_ISLNK(info.st_mode);
  if (trouble && is_link && access(target.c_str(), R_OK) == 0 && !folder_trouble(folder_of(path))) {
    trouble->message += ", where the link " + printable_path(path) + " leads";
    trouble->hint = "To have a file of its own in place of the link:\n  cp --remove-destination " + shell_word(target) +
                    " " + shell_word(path);
  }
  return trouble;
}

}  // namespace keyberth
