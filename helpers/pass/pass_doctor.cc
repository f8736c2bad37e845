// SPDX-License-Identifier: Apache-2.0
#include "helpers/pass/pass_doctor.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>

#include "common/files.h"
#include "common/process.h"
#include "common/protocol.h"
#include "common/user_checks.h"
#include "common/users.h"
#include "common/writable.h"
#include "helpers/pass/entry_doctor.h"
#include "helpers/pass/entry_path.h"
#include "helpers/pass/git.h"
#include "helpers/pass/gpg.h"
#include "helpers/pass/key_advice.h"
#include "helpers/pass/key_doctor.h"
#include "helpers/pass/key_files.h"
#include "helpers/pass/pass_store.h"
#include "helpers/pass/places.h"

namespace keyberth {
namespace {

constexpr std::string_view kGnupg = "GnuPG";
constexpr std::string_view kStore = "password store";
constexpr unsigned kOthers = 077;

Check make(std::string_view link, Check::State state, std::string finding, std::string remedy = {}) {
  return {std::string(link), state, std::move(finding), std::move(remedy)};
}

/// A folder of somebody else: root's calls under sudo with another user's HOME, files that such a call left behind, or
/// a variable that leads to them. `path` is the place or in it; `needed` as for access(2).
std::optional<Check> check_owner(std::string_view link, const Host& host, const Place& place, const std::string& path,
                                 int needed) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0 || info.st_uid == geteuid() ||
      (geteuid() != 0 && access(path.c_str(), needed) == 0)) {
    return std::nullopt;
  }
  const std::string finding =
      printable(path) + " belongs to " + describe_user(info.st_uid) + ", and this is " + describe_user(geteuid());
  const auto name = user_name(info.st_uid);
  if (info.st_uid != 0 && name && (geteuid() == 0 || !place.is_named)) {
    return make(
        link, Check::State::problem, finding + "; run docker, and this, as the owner",
        (geteuid() == 0 ? "runuser -u " + shell_word(*name) + " -- " : "sudo -H -u " + shell_word(*name) + " ") +
            "docker-credential-pass doctor");
  }
  if (const std::string folder = takeable_folder(host, place, path); !folder.empty()) {
    return make(link, Check::State::problem, finding, as_root(chown_command(folder)));
  }
  return place.is_named
             ? make(link, Check::State::problem, finding + "; " + place.variable + " leads there", use_default(place))
             : make(link, Check::State::problem, finding + ": only the owner can let you in");
}

/// Where a variable leads to a folder that is something else, nothing may be made or changed; elsewhere nothing can be.
std::optional<Check> check_place(std::string_view link, const Place& place) {
  if (place.is_named && cannot_be_made(place.path)) {
    return make(link, Check::State::problem,
                std::string(place.variable) + " leads to " + printable(place.path) +
                    ", which is not there, and you may not make it",
                use_default(place));
  }
  if (!is_astray(place)) {
    return std::nullopt;
  }
  return make(link, Check::State::problem,
              std::string(place.variable) + " leads to " + printable(place.path) + ", which holds other things than " +
                  (link == kGnupg ? "keys" : "a password store"),
              use_default(place));
}

std::optional<Check> examine_gnupg_folder(Host& host) {
  constexpr auto kProblem = Check::State::problem;
  const Place place = gnupg_place(host);
  if (const auto trouble = home_trouble(host, place, R_OK | W_OK | X_OK)) {
    return problem(std::string(kGnupg), *trouble);
  }
  if (auto check = check_place(kGnupg, place)) {
    return check;
  }
  if (const auto trouble = socket_trouble(host)) {
    return problem(std::string(kGnupg), *trouble);
  }
  if (const auto trouble = obstacle(place)) {
    return problem(std::string(kGnupg), *trouble);
  }
  struct stat info {};
  if (stat(place.path.c_str(), &info) != 0) {
    return place.is_named
               ? std::optional(make(kGnupg, kProblem,
                                    "GNUPGHOME names the folder " + printable(place.path) + ", which is not there",
                                    "mkdir -p -m 700 " + shell_word(place.path)))
               : std::nullopt;
  }
  if (auto check = check_owner(kGnupg, host, place, place.path, R_OK | W_OK | X_OK)) {
    return check;
  }
  if (const auto trouble = closed_rings(host)) {
    return problem(std::string(kGnupg), *trouble);
  }
  if ((info.st_mode & kOthers) != 0 && info.st_uid == geteuid() && (!place.is_named || holds_keys(place.path))) {
    return make(kGnupg, Check::State::note, "other users may enter the folder of your keys, " + printable(place.path),
                "chmod 700 " + shell_word(place.path));
  }
  return std::nullopt;
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
  std::optional<Check> trouble = examine_gnupg_folder(host);
  return trouble ? std::move(*trouble) : make(kGnupg, Check::State::ok, printable(version) + ", " + path);
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
std::optional<Check> check_writable(const Host& host, const std::string& store) {
  if (const auto trouble = disk_trouble(store)) {
    return problem(std::string(kStore), *trouble);
  }
  struct stat info {};
  if (access(store.c_str(), R_OK | W_OK | X_OK) != 0 && stat(store.c_str(), &info) == 0 && info.st_uid == geteuid()) {
    return make(kStore, Check::State::problem, "you may not read and write " + printable(store),
                "chmod u+rwx " + shell_word(store));
  }
  const std::string folder = store + "/" + std::string(kFolder);
  if (stat(folder.c_str(), &info) != 0 || access(folder.c_str(), R_OK | W_OK | X_OK) == 0) {
    return std::nullopt;
  }
  if (is_shared(store) && info.st_uid != geteuid()) {
    // Who may read only is well served; and what others made is not to be taken from them.
    return access(folder.c_str(), R_OK | X_OK) == 0
               ? std::nullopt
               : std::optional(make(kStore, Check::State::problem,
                                    "you may not look into " + printable(folder) + ": only " +
                                        describe_user(info.st_uid) + ", whose it is, can let you in"));
  }
  const std::optional<Check> foreign = check_owner(kStore, host, store_place(host, store), folder, R_OK | W_OK | X_OK);
  return foreign ? foreign
                 : make(kStore, Check::State::problem, "you may not read and write " + printable(folder),
                        "chmod u+rwx " + shell_word(folder));
}

/// Logins are found, but none can be stored: the place of others, who let this user read.
bool is_read_only(const std::string& store) {
  const std::string logins = store + "/" + std::string(kFolder);
  return access((access(logins.c_str(), F_OK) == 0 ? logins : store).c_str(), W_OK) != 0;
}

/// A store of several people, who know what they do as long as nobody else can write.
Check check_shared(const Host& host, const std::string& store, const struct stat& info) {
  const bool is_owner = info.st_uid == geteuid();
  if (is_read_only(store)) {
    return make(kStore, Check::State::note,
                printable(store) + " belongs to " + describe_user(info.st_uid) +
                    ": logins can be read here, but not stored or removed");
  }
  const bool has_umask = host.env("PASSWORD_STORE_UMASK").has_value();
  if ((info.st_mode & S_IWOTH) != 0 && !has_umask) {
    return make(kStore, Check::State::problem,
                "everybody on this computer may change whom logins are encrypted for, in " + printable(store) +
                    (is_owner ? "" : "; only " + describe_user(info.st_uid) + ", whose it is, can forbid that"),
                is_owner ? "chmod o-w " + shell_word(store) : "");
  }
  if ((info.st_mode & S_IWGRP) != 0 && !has_umask) {
    return make(kStore, Check::State::note,
                printable(store) + " is shared with " + describe_group(info.st_gid) +
                    ", but what is stored from here is for you alone",
                "export PASSWORD_STORE_UMASK=007");
  }
  return make(kStore, Check::State::ok, printable(store) + ", shared");
}

/// Who else may enter the store.
Check check_access(const Host& host, const std::string& store, const struct stat& info) {
  if (is_shared(store)) {
    return check_shared(host, store, info);
  }
  // Who sets PASSWORD_STORE_UMASK shares the store; a folder that is none yet is not to be changed.
  if ((info.st_mode & kOthers) == 0 || host.env("PASSWORD_STORE_UMASK") || !holds_store(store)) {
    return make(kStore, Check::State::ok, printable(store));
  }
  const std::string close = "chmod go-rwx " + shell_word(store);
  const std::string change = " may change whom logins are encrypted for, in " + printable(store);
  if ((info.st_mode & S_IWOTH) != 0) {
    return make(kStore, Check::State::problem, "other users" + change, close);
  }
  if ((info.st_mode & S_IWGRP) != 0) {
    return make(kStore, Check::State::note,
                describe_group(info.st_gid) + change + "; if it is for you alone: " + close +
                    "; if you share it: export PASSWORD_STORE_UMASK=007");
  }
  return make(kStore, Check::State::note,
              "other users may read the names of your servers and users in " + printable(store), close);
}

Check examine_store(Host& host, const std::string& store) {
  if (!store.starts_with('/')) {
    return not_absolute(host, store);
  }
  const Place place = store_place(host, store);
  if (const auto trouble = home_trouble(host, place, R_OK | X_OK)) {
    return problem(std::string(kStore), *trouble);
  }
  if (auto check = check_place(kStore, place)) {
    return std::move(*check);
  }
  if (const auto trouble = obstacle(place)) {
    const bool is_moved = !trouble->hint.empty() && !is_elsewhere(place);
    return make(kStore, Check::State::problem, trouble->message,
                trouble->hint + (is_moved ? "\n  " + init_command(host) : ""));
  }
  struct stat info {};
  if (stat(store.c_str(), &info) != 0) {
    return make(kStore, Check::State::problem, missing_store(host, store), init_command(host));
  }
  // What root has left in one's home is to be taken back; of a store elsewhere it is enough to read it.
  const int needed = R_OK | X_OK | (info.st_uid == 0 && !takeable_folder(host, place, store).empty() ? W_OK : 0);
  if (auto check = check_owner(kStore, host, place, store, needed)) {
    return std::move(*check);
  }
  if (auto check = check_writable(host, store)) {
    return std::move(*check);
  }
  return check_access(host, store, info);
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
  const bool reads_only = is_shared(*store) && is_read_only(*store);
  bool can_read = true;
  for (Check& check : examine_keys(host, gpg, *store)) {
    if (reads_only && (check.link == kRecipients || check.link == kGpgKey) && check.state == Check::State::problem) {
      check.state = Check::State::note;  // it matters to those who store
    }
    can_read = can_read && check.state != Check::State::problem;
    checks.push_back(std::move(check));
  }
  for (Check& check : examine_entries(host, gpg, *store, can_read)) {
    checks.push_back(std::move(check));
  }
  for (Check& check : examine_git(host, *store)) {
    checks.push_back(std::move(check));
  }
  if (may_try(checks) && reads_only) {
    checks.push_back(make(kRoundTrip, Check::State::note, "not tried, for nothing can be stored here"));
  } else if (may_try(checks)) {
    // Here, because it must not appear in the history of a repository.
    PassStore probe(host, PassStore::History::left_alone);
    checks.push_back(round_trip(probe));
  }
  return checks;
}

}  // namespace keyberth
