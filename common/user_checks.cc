// SPDX-License-Identifier: Apache-2.0
#include "common/user_checks.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>

#include "common/client_files.h"
#include "common/files.h"
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

/// Of whom to speak.
std::string client_here(const Host& host) { return clients_of(host).docker ? "docker" : "podman"; }

/// podman needs no power for what it does for a user.
std::string without_sudo(const Host& host, const std::string& user) {
  if (!clients_of(host).docker) {
    return "Run podman without sudo";
  }
  return "Let docker be run without sudo, which gives root's power to that user, and log in again:\n  sudo usermod -aG "
         "docker " +
         shell_word(user);
}

/// HOME as sudo, su and containers may leave it behind. Where DOCKER_CONFIG leads elsewhere it need not be there.
std::optional<Check> home_check(const Host& host) {
  const auto home = host.env("HOME");
  const bool needs_home = !host.env("DOCKER_CONFIG");
  const char* mend = user_home(geteuid()) ? kSetHome : kAnyHome;
  if (!home) {
    return needs_home ? std::optional(Check{"user", State::problem, "HOME is not set", mend}) : std::nullopt;
  }
  if (!home->starts_with('/')) {
    return Check{"user", State::problem,
                 "HOME is " + shell_word(*home) + ", no path from the root: there is another one in each folder", mend};
  }
  struct stat info {};
  const bool is_there = stat(home->c_str(), &info) == 0;
  if (is_there ? info.st_uid == geteuid() : !needs_home) {
    return std::nullopt;
  }
  const auto trouble = unusable_home(host);
  return trouble ? std::optional(problem("user", *trouble)) : std::nullopt;
}

/// sudo gives root's HOME or the caller's, by its configuration; either way the logins of two users get mixed up.
std::optional<Check> sudo_check(const Host& host) {
  const auto caller = host.env("SUDO_USER");
  const auto home = host.env("HOME");
  struct stat info {};
  if (geteuid() != 0 || !home) {
    return std::nullopt;
  }
  if (stat(home->c_str(), &info) == 0 && info.st_uid != 0) {
    const auto owner = user_name(info.st_uid);
    return Check{
        "user", State::problem,
        "this is run as root with the home folder of " + describe_user(info.st_uid) + ", " + printable_path(*home),
        (owner ? without_sudo(host, *owner) + "\n" : "") + "For the logins of root:\n  " + kSetHome};
  }
  if (caller && *caller != "root") {
    return Check{"user", State::note,
                 "under sudo " + client_here(host) + " uses the logins of root, not those of " + printable(*caller),
                 without_sudo(host, *caller)};
  }
  return std::nullopt;
}

}  // namespace

Check examine_program(const Helper& helper) {
  const std::string client = client_here(helper.host);
  const std::string self = own_path();
  const std::string found = find_program(helper.host, helper.name);
  const std::string prefer = "export PATH=" + shell_word(own_folder()) + ":\"$PATH\"";
  if (found.empty()) {
    return {"program", State::problem, helper.name + " is not in PATH, where " + client + " looks for it", prefer};
  }
  if (!found.starts_with('/')) {
    return {"program", State::problem,
            client + " runs no program from an entry of PATH that is no full path, and finds this one by " +
                printable_path(found),
            prefer};
  }
  if (!same_file(found, self)) {
    return {"program", State::problem,
            client + " takes " + printable_path(found) + ", which comes earlier in PATH than this one, " +
                printable_path(self),
            prefer};
  }
  return {"program", State::ok, printable_path(found), ""};
}

std::optional<Error> unusable_home(const Host& host) {
  const std::string home = host.env("HOME").value_or("");
  const std::string folder = nearest_folder(home);
  if (access(folder.c_str(), W_OK | X_OK) == 0) {
    return std::nullopt;
  }
  const bool is_read_only = errno == EROFS;
  struct stat info {};
  (void)stat(folder.c_str(), &info);
  std::string finding = "HOME is " + printable_path(home);
  if (folder != home) {
    finding += ", which is not there and cannot be made";
  } else if (is_read_only) {
    finding += ", which is on a disk that is mounted read-only";
  } else {
    finding += ", which belongs to " + describe_user(info.st_uid) + ": " + describe_user(geteuid()) + " may not write";
    finding += " there";
  }
  const std::string own = user_home(geteuid()).value_or("");
  if (own == home && folder == home) {
    return Error{ErrorKind::denied, finding, ""};
  }
  if (!own.empty() && own != home && access(own.c_str(), W_OK | X_OK) == 0) {
    return Error{ErrorKind::denied, finding, kSetHome};
  }
  return Error{ErrorKind::denied,
               finding + "; set it to a folder of your own, in a container that is thrown away to a temporary one",
               kAnyHome};
}

std::vector<Check> examine_user(const Host& host) {
  std::vector<Check> checks;
  for (auto& check : {home_check(host), sudo_check(host)}) {
    if (check) {
      checks.push_back(*check);
    }
  }
  return checks;
}

}  // namespace keyberth
