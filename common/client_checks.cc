// SPDX-License-Identifier: Apache-2.0
#include "common/client_checks.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include "common/client_files.h"
#include "common/config_file.h"
#include "common/docker_config.h"
#include "common/helper.h"
#include "common/json.h"
#include "common/migrate.h"
#include "common/plain_logins.h"
#include "common/process.h"
#include "common/protocol.h"
#include "common/self.h"
#include "common/users.h"

namespace keyberth {
namespace {

using State = Check::State;

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

bool same_file(const std::string& a, const std::string& b) {
  struct stat one {};
  struct stat other {};
  return stat(a.c_str(), &one) == 0 && stat(b.c_str(), &other) == 0 && one.st_dev == other.st_dev &&
         one.st_ino == other.st_ino;
}

/// As chown takes it.
std::string name_or_id(uid_t id) {
  const auto name = user_name(id);
  return name ? printable(*name) : std::to_string(id);
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

/// sudo gives root's HOME or the caller's, by its configuration; either way the logins of two users get mixed up.
std::optional<Check> user_check(const Helper& helper) {
  const auto home = helper.host.env("HOME");
  if (home && !home->starts_with('/')) {
    return Check{"user", State::problem,
                 "HOME is " + shell_word(*home) + ", no path from the root: there is another one in each folder",
                 kSetHome};
  }
  struct stat info {};
  if (home && stat(home->c_str(), &info) == 0 && info.st_uid != geteuid()) {
    const std::string owner = name_or_id(info.st_uid);
    const std::string us = name_or_id(geteuid());
    return Check{"user", State::problem,
                 "this is run as " + us + " with the home folder of " + owner + ", " + printable_path(*home),
                 "sudo usermod -aG docker " + owner +
                     "   # then, after a new login, docker without sudo, for the logins of " + owner +
                     "\nsudo -H docker ...   # for those of " + us};
  }
  const auto caller = helper.host.env("SUDO_USER");
  if (geteuid() == 0 && caller && *caller != "root") {
    return Check{
        "user", State::note, "under sudo docker uses the logins of root, not those of " + printable(*caller),
        "sudo usermod -aG docker " + shell_word(*caller) + "   # then, after a new login, docker without sudo"};
  }
  return std::nullopt;
}

/// The helpers that files name, each tried once however often it is named.
class NamedHelpers {
 public:
  explicit NamedHelpers(Host& host) : host_(host) {}

  /// Why that helper cannot be run at all; empty when it can. A helper of another system (a stale
  /// docker-credential-desktop.exe) is there and cannot be executed.
  const std::string& why_not_runnable(const std::string& suffix) {
    const auto known = reasons_.find(suffix);
    return known != reasons_.end() ? known->second : reasons_.emplace(suffix, look(program_of(suffix))).first->second;
  }

 private:
  [[nodiscard]] std::string look(const std::string& program) const {
    const std::string path = find_program(host_, program);
    if (path.empty()) {
      return printable_path(program) + ", which is not in PATH";
    }
    ProcessRequest request;
    request.arguments = {path, "version"};
    const Result<ProcessResult> run = host_.run(request);
    constexpr int kCannotExecute = 127;
    return !run || run->exit_code == kCannotExecute ? printable_path(path) + ", which cannot be run" : "";
  }

  Host& host_;
  std::map<std::string, std::string> reasons_;
};

/// What docker does without any setting: it takes pass when a program of that name is there, else secretservice, if
/// that helper is installed; docker/cli, cli/config/credentials/default_store_linux.go.
std::string detected(const Host& host) {
  const char* suffix = find_program(host, "pass").empty() ? "secretservice" : "pass";
  return find_program(host, program_of(suffix)).empty() ? "" : suffix;
}

Check no_helper_check(const Helper& helper, const std::string& path, std::string_view text) {
  const std::string suffix = suffix_of(helper.name);
  const std::string taken = knows_servers(text) ? "" : detected(helper.host);
  if (taken == suffix) {
    return {"credsStore", State::ok,
            "docker takes " + suffix + " by itself, for " + printable_path(path) + " names no helper", ""};
  }
  return {"credsStore", State::problem,
          printable_path(path) + " names no helper: docker " +
              (taken.empty() ? "writes passwords into it in plain text" : "takes " + taken + " by itself"),
          helper.name + " configure"};
}

Check store_check(const Helper& helper, NamedHelpers& named, const std::string& path, const std::string& text,
                  const HelperNames& names) {
  const std::string suffix = suffix_of(helper.name);
  const bool for_some = std::any_of(names.registries.begin(), names.registries.end(),
                                    [&](const auto& entry) { return entry.second == suffix; });
  if (names.store == suffix) {
    return {"credsStore", State::ok, suffix + ", in " + printable_path(path), ""};
  }
  if (!names.store.empty()) {
    const std::string why = named.why_not_runnable(names.store);
    if (!why.empty()) {
      return {"credsStore", State::problem, printable_path(path) + " sends docker to " + why,
              helper.name + " configure"};
    }
  }
  if (for_some) {
    return {"credsStore", State::ok, (names.store.empty() ? "none" : printable(names.store)) + "; see credHelpers", ""};
  }
  if (names.store.empty()) {
    return no_helper_check(helper, path, text);
  }
  return {"credsStore", State::note, "docker keeps logins with " + program_of(printable(names.store)) + ", not here",
          helper.name + " configure   # if you want them here"};
}

void check_registries(const Helper& helper, NamedHelpers& named, const ClientFile& file, const HelperNames& names,
                      std::vector<Check>& checks) {
  const std::string suffix = suffix_of(helper.name);
  std::string ours;
  for (const auto& [registry, name] : names.registries) {
    if (name == suffix) {
      ours += (ours.empty() ? "" : ", ") + printable(registry);
      continue;
    }
    if (name.empty()) {
      continue;
    }
    const std::string why = named.why_not_runnable(name);
    if (!why.empty()) {
      checks.push_back(
          {"credHelpers", State::problem, printable_path(file.path) + " sends " + printable(registry) + " to " + why,
           helper.name + " configure --registry " + shell_word(registry) + (file.containers ? " --containers" : "")});
    }
  }
  if (!ours.empty()) {
    checks.push_back({"credHelpers", State::ok, suffix + " for " + ours + ", in " + printable_path(file.path), ""});
  }
}

/// A login that migrate leaves. Docker drops logins when it rewrites a file with one that it cannot read, so the
/// command that lets it do so comes when there is nothing else to lose.
Check left_behind(const ClientFile& file, const PlainLogin& login, const std::string& why, bool alone) {
  const std::string& server = login.credential.server;
  std::string remedy;
  if (file.containers) {
    remedy = "podman logout " + shell_word(server);
  } else if (alone) {
    remedy = "docker logout " + shell_word(server);
  } else {
    remedy = "${EDITOR:-nano} " + shell_word(file.path) + "   # take that entry out";
  }
  return {"passwords", State::problem,
          "a secret for " + (server.empty() ? "\"\"" : printable(server)) + " stands in " + printable_path(file.path) +
              ", not encrypted, and cannot be moved: " + why,
          remedy};
}

void check_plain(const Helper& helper, const ClientFile& file, std::string_view text, std::vector<Check>& checks) {
  const Result<std::vector<PlainLogin>> logins = plain_logins(text);
  if (!logins) {
    return;
  }
  std::string movable;
  std::size_t count = 0;
  std::vector<Check> left;
  for (const PlainLogin& login : *logins) {
    const std::string& server = login.credential.server;
    const std::string why = why_immovable(file, login);
    if (why.empty()) {
      movable += (movable.empty() ? "" : ", ") + printable(server);
      ++count;
    } else {
      left.push_back(left_behind(file, login, why, logins->size() == 1));
    }
  }
  if (count > 0) {
    checks.push_back({"passwords", State::problem,
                      (count == 1 ? "a password stands" : std::to_string(count) + " passwords stand") + " in " +
                          printable_path(file.path) + ", not encrypted: " + movable,
                      helper.name + " migrate"});
  } else {
    std::move(left.begin(), left.end(), std::back_inserter(checks));  // one step at a time
  }
}

/// False when nothing more can be said of this file.
bool check_readable(const ClientFile& file, const Result<std::string>& text, std::vector<Check>& checks) {
  const std::string word = shell_word(file.path);
  const std::string link = file.containers ? "auth.json" : "config.json";
  struct stat info {};
  if (stat(file.path.c_str(), &info) == 0 && info.st_uid != geteuid() && geteuid() != 0) {
    checks.push_back({link, State::problem, printable_path(file.path) + " belongs to " + name_or_id(info.st_uid),
                      "sudo chown " + name_or_id(geteuid()) + " " + word});
    return static_cast<bool>(text);
  }
  if (!text) {
    checks.push_back(problem(link, text.error()));
    if (checks.back().remedy.empty()) {
      checks.back().remedy = "mv " + word + " " + shell_word(file.path + ".old");
    }
    return false;
  }
  if (text->starts_with(kByteOrderMark)) {
    checks.push_back({link, State::problem,
                      printable_path(file.path) + " starts with a byte order mark, which Docker does not read",
                      R"(sed -i --follow-symlinks '1s/^\xef\xbb\xbf//' )" + word});
    return false;
  }
  const Result<> read = check_docker_config(*text);
  if (!read) {
    const std::string look =
        is_json(*text) ? "${EDITOR:-nano} " + word : "python3 -m json.tool " + word + " >/dev/null   # shows the place";
    checks.push_back({link, State::problem, printable_path(file.path) + ": " + read.error().message, look});
  }
  return static_cast<bool>(read);
}

/// A key in credHelpers under which no client looks.
void check_names(const Helper& helper, const ClientFile& file, const HelperNames& names, std::vector<Check>& checks) {
  for (const auto& [registry, name] : names.registries) {
    const std::string asked = registry_name(registry, file.containers);
    if (name == suffix_of(helper.name) && asked != registry && !names.registries.contains(asked)) {
      checks.push_back(
          {"credHelpers", State::problem,
           (file.containers ? "podman never asks for " : "docker never asks for ") + printable(registry) +
               ", but for " + printable(asked),
           helper.name + " configure --registry " + shell_word(asked) + (file.containers ? " --containers" : "")});
    }
  }
}

}  // namespace

std::vector<Check> examine_clients(const Helper& helper) {
  std::vector<Check> checks{program_check(helper)};
  if (auto user = user_check(helper)) {
    checks.push_back(std::move(*user));
  }
  const Result<std::vector<ClientFile>> files = client_files(helper.host);
  if (!files) {
    checks.push_back({"config.json", State::problem, files.error().message, kSetHome});
    return checks;
  }
  NamedHelpers named(helper.host);
  for (const ClientFile& file : *files) {
    const Result<std::string> text = read_config_file(file.path);
    if (!check_readable(file, text, checks)) {
      continue;
    }
    const Result<HelperNames> names = configured_helpers(*text);
    if (!file.containers && names) {
      checks.push_back(store_check(helper, named, file.path, *text, *names));
    }
    if (names) {
      check_registries(helper, named, file, *names, checks);
      check_names(helper, file, *names, checks);
    }
    check_plain(helper, file, *text, checks);
    const std::string backup = backup_path(file.path);
    if (access(backup.c_str(), F_OK) == 0) {
      checks.push_back({"passwords", State::problem, "a migrate that was killed has left " + printable_path(backup),
                        helper.name + " migrate"});
    }
  }
  return checks;
}

}  // namespace keyberth
