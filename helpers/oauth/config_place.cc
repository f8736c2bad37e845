// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/config_place.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "common/files.h"
#include "common/protocol.h"
#include "common/split.h"
#include "common/user_checks.h"
#include "common/users.h"

namespace keyberth::oauth {
namespace {

constexpr std::string_view kFile = "/docker-credential-oauth/config.json";

/// Empty when it is not there.
std::string resolved(const std::string& path) {
  std::error_code problem;
  return std::filesystem::canonical(path, problem).string();
}

Result<> may_write(const Host& host, const std::string& path) {
  struct stat info {};
  if (path.empty() || stat(path.c_str(), &info) != 0) {
    return {};
  }
  const int needed = S_ISDIR(info.st_mode) ? W_OK | X_OK : W_OK;
  if (access(path.c_str(), needed) == 0) {
    return {};
  }
  if (errno != EACCES) {
    return tl::unexpected(system_error("write", path, errno));
  }
  if (info.st_uid == geteuid()) {
    return fail(ErrorKind::denied, "you may not write " + printable_path(path), "chmod u+rwX " + shell_word(path));
  }
  const std::string home = resolved(host.env("HOME").value_or(""));
  const bool is_below = home.size() > 1 && resolved(path).starts_with(home + "/");
  return fail(ErrorKind::denied,
              printable_path(path) + " belongs to " + describe_user(info.st_uid) + ": " + describe_user(geteuid()) +
                  " may not write it",
              is_below ? "sudo " + chown_command(path) : "");
}

}  // namespace

std::string user_file(const Host& host) {
  // Relative paths count as unset (XDG Base Directory Specification).
  if (const auto folder = host.env("XDG_CONFIG_HOME"); folder && folder->starts_with('/')) {
    return *folder + std::string(kFile);
  }
  const auto home = host.env("HOME");
  return home ? *home + "/.config" + std::string(kFile) : std::string();
}

std::string system_file(const Host& host) {
  const std::string folders = host.env("XDG_CONFIG_DIRS").value_or("");
  for (const std::string_view folder : split(folders, ':')) {
    std::string candidate = std::string(folder) + std::string(kFile);
    if (candidate.starts_with('/') && access(candidate.c_str(), F_OK) == 0) {
      return candidate;
    }
  }
  return "/etc" + std::string(kFile);
}

Result<> check_owner(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) {
    return {};  // reading it says why
  }
  if (info.st_uid != geteuid() && info.st_uid != 0) {
    return fail(ErrorKind::denied, path + " belongs to another user, so it is not used",
                "look at it, then:\n  sudo chown \"$(id -u)\" " + shell_word(path));
  }
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return fail(ErrorKind::denied, path + " can be written by other users, so it is not used",
                "look at it, then:\n  chmod go-w " + shell_word(path));
  }
  return {};
}

Result<> check_writable(const Host& host) {
  const std::string path = user_file(host);
  if (path.empty()) {
    return fail(ErrorKind::unavailable, "there is no place for a configuration file, because HOME is not set",
                kSetHome);
  }
  const std::string folder = path.substr(0, path.rfind('/'));
  const std::string target = resolved(path);
  for (const std::string& needed :
       {nearest_folder(folder), folder + "/.lock", target.substr(0, target.find_last_of('/') + 1)}) {
    KEYBERTH_TRY(may_write(host, needed));
  }
  return {};
}

}  // namespace keyberth::oauth
