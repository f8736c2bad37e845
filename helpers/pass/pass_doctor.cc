// SPDX-License-Identifier: Apache-2.0
#include "helpers/pass/pass_doctor.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>

#include "common/client_checks.h"
#include "common/files.h"
#include "common/process.h"
#include "common/protocol.h"
#include "common/report.h"
#include "common/users.h"
#include "helpers/pass/entry_doctor.h"
#include "helpers/pass/entry_path.h"
#include "helpers/pass/git.h"
#include "helpers/pass/gpg.h"
#include "helpers/pass/key_doctor.h"
#include "helpers/pass/pass_store.h"

namespace keyberth {
namespace {

constexpr std::string_view kGnupg = "GnuPG";
constexpr std::string_view kStore = "password store";
constexpr unsigned kOthers = 077;
constexpr unsigned kOthersWrite = 022;

Check make(std::string_view link, Check::State state, std::string finding, std::string remedy = {}) {
  return {std::string(link), state, std::move(finding), std::move(remedy)};
}

std::string as_root(const std::string& command) { return geteuid() == 0 ? command : "sudo " + command; }

std::string describe_user(uid_t id) {
  const auto name = user_name(id);
  return name ? printable(*name) : "the user id " + std::to_string(id);
}

/// A folder of somebody else: root's calls under sudo with another user's HOME, or files that such a call left behind.
std::optional<Check> check_owner(std::string_view link, const std::string& path, const struct stat& info) {
  if (info.st_uid == geteuid() || (geteuid() != 0 && access(path.c_str(), R_OK | W_OK | X_OK) == 0)) {
    return std::nullopt;
  }
  const std::string finding =
      printable(path) + " belongs to " + describe_user(info.st_uid) + ", and this is " + describe_user(geteuid());
  const auto name = user_name(info.st_uid);
  if (info.st_uid == 0 || !name) {
    return make(link, Check::State::problem, finding, as_root("chown -R \"$(id -u):$(id -g)\" " + shell_word(path)));
  }
  return make(link, Check::State::problem, finding + "; run docker, and this, as the owner",
              (geteuid() == 0 ? "runuser -u " + shell_word(*name) + " -- " : "sudo -H -u " + shell_word(*name) + " ") +
                  "docker-credential-pass doctor");
}

Check examine_gnupg(Host& host, Gpg& gpg) {
  ProcessRequest request;
  request.arguments = {gpg.program(), "--version"};
  request.time_limit = std::chrono::seconds(5);
  const Result<ProcessResult> result = host.run(request);
  const std::string path = find_program(host, gpg.program());
  if (path.empty()) {
    return make(kGnupg, Check::State::problem, "gpg is not installed, or its folder is not in PATH",
                as_root("apt install gnupg"));
  }
  if (!result || result->exit_code != 0) {
    const std::string said = result ? result->errors : result.error().message;
    return make(kGnupg, Check::State::problem,
                printable(path) + " does not run: " + printable(said.substr(0, said.find('\n'))),
                as_root("apt install --reinstall gnupg"));
  }
  const std::string_view version = result->output.view().substr(0, result->output.view().find('\n'));
  const std::string folder = gnupg_folder(host);
  struct stat info {};
  if (stat(folder.c_str(), &info) != 0) {
    return host.env("GNUPGHOME") ? make(kGnupg, Check::State::problem,
                                        "GNUPGHOME names the folder " + printable(folder) + ", which is not there",
                                        "mkdir -p -m 700 " + shell_word(folder))
                                 : make(kGnupg, Check::State::ok, printable(version) + ", " + path);
  }
  if (std::optional<Check> check = check_owner(kGnupg, folder, info)) {
    return std::move(*check);
  }
  if ((info.st_mode & kOthers) != 0) {
    return make(kGnupg, Check::State::note, "other users may enter the folder of your keys, " + printable(folder),
                "chmod 700 " + shell_word(folder));
  }
  return make(kGnupg, Check::State::ok, printable(version) + ", " + path);
}

/// PASSWORD_STORE_DIR as the shell that set it meant it; or it follows from a HOME like that.
Check not_absolute(const Host& host, const std::string& store) {
  if (!host.env("PASSWORD_STORE_DIR")) {
    return make(kStore, Check::State::problem,
                "the password store cannot be found, because HOME is no path from the root", kSetHome);
  }
  const bool is_home = store == "~" || store.starts_with("~/");
  const std::string rest = is_home ? store.substr(std::min<std::size_t>(2, store.size())) : store;
  return make(kStore, Check::State::problem,
              "PASSWORD_STORE_DIR is " + shell_word(store) + ", no path from the root: every program would look " +
                  "for it in a folder of its own",
              "export PASSWORD_STORE_DIR=" + std::string(is_home ? "\"$HOME\"/" : "\"$PWD\"/") + shell_word(rest));
}

std::string missing_store(const Host& host, const std::string& store) {
  const auto caller = host.env("SUDO_USER");
  return "the password store in " + printable(store) + " is not set up" +
         (caller && geteuid() == 0 ? "; sudo looks for root's, without sudo it is that of " + printable(*caller) : "");
}

/// Whether a login can be written there: neither permission nor disk stand against it.
std::optional<Check> check_writable(const std::string& store) {
  struct statvfs disk {};
  if (statvfs(store.c_str(), &disk) == 0) {
    if ((disk.f_flag & ST_RDONLY) != 0) {
      return make(kStore, Check::State::problem, "the disk with " + printable(store) + " is mounted read-only",
                  as_root("mount -o remount,rw \"$(findmnt -n -o TARGET --target " + shell_word(store) + ")\""));
    }
    // Names of folders and an entry take a few blocks.
    constexpr unsigned long kBlocks = 4;
    if (disk.f_blocks != 0 && (disk.f_bavail < kBlocks || (disk.f_files != 0 && disk.f_favail < kBlocks))) {
      return make(kStore, Check::State::problem, "the disk with " + printable(store) + " is full",
                  "df -h " + shell_word(store));
    }
  }
  if (access(store.c_str(), R_OK | W_OK | X_OK) != 0) {
    return make(kStore, Check::State::problem, "you may not read and write " + printable(store),
                "chmod u+rwx " + shell_word(store));
  }
  const std::string folder = store + "/" + std::string(kFolder);
  struct stat info {};
  if (stat(folder.c_str(), &info) != 0 || access(folder.c_str(), R_OK | W_OK | X_OK) == 0) {
    return std::nullopt;
  }
  const std::optional<Check> foreign = check_owner(kStore, folder, info);
  return foreign ? foreign
                 : make(kStore, Check::State::problem, "you may not read and write " + printable(folder),
                        "chmod u+rwx " + shell_word(folder));
}

Check examine_store(Host& host, const std::string& store) {
  if (!store.starts_with('/')) {
    return not_absolute(host, store);
  }
  struct stat info {};
  if (stat(store.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
    return make(kStore, Check::State::problem, missing_store(host, store), init_command(host));
  }
  if (std::optional<Check> check = check_owner(kStore, store, info)) {
    return std::move(*check);
  }
  if (std::optional<Check> check = check_writable(store)) {
    return std::move(*check);
  }
  // Who sets PASSWORD_STORE_UMASK shares the store.
  if ((info.st_mode & kOthers) != 0 && !host.env("PASSWORD_STORE_UMASK")) {
    const bool writable = (info.st_mode & kOthersWrite) != 0;
    return make(kStore, writable ? Check::State::problem : Check::State::note,
                "other users may " +
                    std::string(writable ? "change whom logins are encrypted for, in "
                                         : "read the names of your servers and users in ") +
                    printable(store),
                "chmod go-rwx " + shell_word(store));
  }
  return make(kStore, Check::State::ok, printable(store));
}

}  // namespace

std::vector<Check> examine_pass(Host& host) {
  Gpg gpg(host);
  std::vector<Check> checks{examine_gnupg(host, gpg)};
  if (checks.back().state == Check::State::problem) {
    return checks;
  }
  const Result<std::string> store = store_folder(host);
  if (!store) {
    checks.push_back(problem(std::string(kStore), store.error()));
    checks.back().remedy = kSetHome;
    return checks;
  }
  checks.push_back(examine_store(host, *store));
  if (checks.back().state == Check::State::problem) {
    return checks;
  }
  bool can_read = true;
  for (Check& check : examine_keys(host, gpg, *store)) {
    can_read = can_read && check.state != Check::State::problem;
    checks.push_back(std::move(check));
  }
  for (Check& check : examine_entries(host, gpg, *store, can_read)) {
    checks.push_back(std::move(check));
  }
  for (Check& check : examine_git(host, *store)) {
    checks.push_back(std::move(check));
  }
  if (all_well(checks)) {
    // Here, because it must not appear in the history of a repository.
    PassStore probe(host, PassStore::History::left_alone);
    checks.push_back(round_trip(probe));
  }
  return checks;
}

}  // namespace keyberth
