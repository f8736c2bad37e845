// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/config_place.h"

#include <sys/stat.h>
#include <unistd.h>

#include <string_view>

#include "common/protocol.h"
#include "common/split.h"

namespace keyberth::oauth {
namespace {

constexpr std::string_view kFile = "/docker-credential-oauth/config.json";

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

}  // namespace keyberth::oauth
