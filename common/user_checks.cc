// SPDX-License-Identifier: Apache-2.0
#include "common/user_checks.h"

#include <sys/stat.h>
#include <unistd.h>

#include <optional>
#include <string>

#include "common/helper.h"
#include "common/process.h"
#include "common/protocol.h"
#include "common/self.h"
#include "common/users.h"

namespace keyberth {
namespace {

using State = Check::State;

/// For a user id that no file knows, as containers have it.
constexpr const char* kAnyHome = R"sh(export HOME="$(mktemp -d)")sh";

bool same_file(const std::string& a, const std::string& b) {
  struct stat one {};
  struct stat other {};
  return stat(a.c_str(), &one) == 0 && stat(b.c_str(), &other) == 0 && one.st_dev == other.st_dev &&
         one.st_ino == other.st_ino;
}

/// docker looks in PATH, and takes the first.
Check program_check(const Helper& helper) {
  const std::string self = own_path();
  const std::string found = find_program(helper.host, helper.name);
  const std::string prefer = "export PATH=" + shell_word(own_folder()) + ":\"$PATH\"";
  if (found.empty()) {
    return {"program", State::problem, helper.name + " is not in PATH, where docker looks for it", prefer};
  }
  if (!found.starts_with('/')) {
    return {"program", State::problem,
            "docker runs no program from an entry of PATH that is no full path, and finds this one by " +
                printable_path(found),
            prefer};
  }
  if (!same_file(found, self)) {
    return {"program", State::problem,
            "docker takes " + printable_path(found) + ", which comes earlier in PATH than this one, " +
                printable_path(self),
            prefer};
  }
  return {"program", State::ok, printable_path(found), ""};
}

std::string without_sudo(const std::string& user) {
  return "Let docker be run without sudo, which gives root's power to that user, and log in again:\n  sudo usermod -aG "
         "docker " +
         shell_word(user);
}

/// HOME as sudo, su and containers may leave it behind.
std::optional<Check> home_check(const Helper& helper) {
  const auto home = helper.host.env("HOME");
  if (!home) {
    return std::nullopt;
  }
  const std::string mend = user_name(geteuid()) ? kSetHome : kAnyHome;
  if (!home->starts_with('/')) {
    return Check{"user", State::problem,
                 "HOME is " + shell_word(*home) + ", no path from the root: there is another one in each folder", mend};
  }
  struct stat info {};
  if (stat(home->c_str(), &info) != 0 || info.st_uid == geteuid() || access(home->c_str(), W_OK) == 0) {
    return std::nullopt;
  }
  return Check{"user", State::problem,
               "HOME is " + printable_path(*home) + ", which is not this user's: nothing can be kept there", mend};
}

/// sudo gives root's HOME or the caller's, by its configuration; either way the logins of two users get mixed up.
std::optional<Check> sudo_check(const Helper& helper) {
  const auto caller = helper.host.env("SUDO_USER");
  const auto home = helper.host.env("HOME");
  struct stat info {};
  if (geteuid() != 0 || !home) {
    return std::nullopt;
  }
  if (stat(home->c_str(), &info) == 0 && info.st_uid != 0) {
    const auto owner = user_name(info.st_uid);
    const std::string whose = owner ? printable(*owner) : std::to_string(info.st_uid);
    return Check{"user", State::problem,
                 "this is run as root with the home folder of " + whose + ", " + printable_path(*home),
                 (owner ? without_sudo(*owner) + "\n" : "") + "For the logins of root:\n  " + kSetHome};
  }
  if (caller && *caller != "root") {
    return Check{"user", State::note, "under sudo docker uses the logins of root, not those of " + printable(*caller),
                 without_sudo(*caller)};
  }
  return std::nullopt;
}

/// People name the file where its folder is wanted.
std::optional<Check> docker_config_check(const Helper& helper) {
  const auto folder = helper.host.env("DOCKER_CONFIG");
  struct stat info {};
  if (!folder || stat(folder->c_str(), &info) != 0 || S_ISDIR(info.st_mode)) {
    return std::nullopt;
  }
  const std::size_t slash = folder->rfind('/');
  return Check{
      "config.json", State::problem,
      "DOCKER_CONFIG is " + printable_path(*folder) + ", a file, where docker wants the folder it is in",
      "export DOCKER_CONFIG=" + (slash == std::string::npos ? "\"$PWD\"" : shell_word(folder->substr(0, slash)))};
}

}  // namespace

std::vector<Check> examine_user(const Helper& helper) {
  std::vector<Check> checks{program_check(helper)};
  for (auto& check : {home_check(helper), sudo_check(helper), docker_config_check(helper)}) {
    if (check) {
      checks.push_back(*check);
    }
  }
  return checks;
}

}  // namespace keyberth
