// SPDX-License-Identifier: Apache-2.0
#include "helpers/pass/entry_doctor.h"

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <system_error>

#include "common/files.h"
#include "common/protocol.h"
#include "common/users.h"
#include "helpers/pass/entry_path.h"
#include "helpers/pass/folder.h"
#include "helpers/pass/git.h"
#include "helpers/pass/places.h"

namespace keyberth {
namespace {

constexpr std::string_view kLink = "logins";
constexpr std::chrono::seconds kReadingTime{3};
constexpr std::size_t kEntryLimit = 2 * kInputLimit;  // as for get
constexpr std::size_t kNamed = 5;                     ///< as many as a person reads in one line

std::string count(std::size_t number, const std::string& thing) {
  return std::to_string(number) + " " + thing + (number == 1 ? "" : "s");
}

/// The first few names in one line.
std::string enumerate(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kNamed; ++i) {
    text += (i == 0 ? "" : ", ") + printable(names[i]);
  }
  return names.size() > kNamed ? text + " and " + std::to_string(names.size() - kNamed) + " more" : text;
}

class Entries {
 public:
  Entries(Host& host, Gpg& gpg, const std::string& store, Survey survey)
      : host_(host), gpg_(gpg), store_(store), survey_(std::move(survey)) {}

  std::vector<Check> examine(bool can_read) {
    check_permissions();
    if (can_read) {
      read();
    }
    check_users();
    check_names();
    if (checks_.empty()) {
      add(Check::State::ok, survey_.servers.empty() ? "none yet" : summary(can_read), "");
    }
    return std::move(checks_);
  }

 private:
  /// All that is looked at here are single logins.
  void add(Check::State state, std::string finding, std::string remedy) {
    if (remedy.ends_with('\n')) {
      remedy.pop_back();
    }
    const bool is_problem = state == Check::State::problem;
    checks_.push_back({std::string(kLink), state, std::move(finding), std::move(remedy), is_problem});
  }

  [[nodiscard]] std::string path_of(const FoundEntry& entry) const {
    return store_ + "/" + entry.folder + "/" + entry.file;
  }

  [[nodiscard]] std::string summary(bool can_read) const {
    std::string all = count(survey_.servers.size(), "login");
    if (!can_read || readable_ == 0) {
      return all;
    }
    return readable_ == survey_.servers.size() ? all + ", readable" : all + ", looked at " + std::to_string(readable_);
  }

  /// Most often those of root, made by a docker command under sudo; in a shared store, those of the others.
  void check_permissions() {
    std::vector<std::string> closed = survey_.unreadable;
    std::vector<std::string> fixed;
    for (const auto& [server, entries] : survey_.servers) {
      const std::string path = path_of(entries.front());
      if (access(path.c_str(), R_OK) != 0) {
        closed.push_back(server);
      } else if (access(path.substr(0, path.rfind('/')).c_str(), W_OK | X_OK) != 0) {
        fixed.push_back(server);
      }
    }
    if (is_shared(store_)) {
      describe_those_of_others(closed, fixed);
      return;
    }
    closed.insert(closed.end(), fixed.begin(), fixed.end());
    if (closed.empty()) {
      return;
    }
    const std::string logins = store_ + "/" + std::string(kFolder);
    const std::string finding = "you may not read or change the files of " + enumerate(closed);
    const bool is_foreign = holds_foreign(logins);
    const std::string folder = is_foreign ? takeable_folder(host_, store_place(host_, store_), logins) : logins;
    const std::string take = is_foreign ? "sudo " + chown_command(folder) + "\n" : "";
    add(Check::State::problem, finding + (folder.empty() ? "; see whose they are" : ""),
        folder.empty() ? "ls -lR " + shell_word(logins) : take + "chmod -R u+rwX " + shell_word(folder));
  }

  void describe_those_of_others(const std::vector<std::string>& closed, const std::vector<std::string>& fixed) {
    const std::string why = "; who stored them can let the group do so, and PASSWORD_STORE_UMASK does from then on";
    if (!closed.empty()) {
      add(Check::State::problem, "you may not read the files of " + enumerate(closed) + why, "");
    }
    if (!fixed.empty() && access((store_ + "/" + std::string(kFolder)).c_str(), W_OK) == 0) {
      add(Check::State::note, "you may read, but not change, the files of " + enumerate(fixed) + why, "");
    }
  }

  /// Those that need a passphrase which nobody has given yet stay unread.
  void read() {
    std::vector<std::string> damaged;
    std::vector<std::string> foreign;
    const auto deadline = host_.now() + kReadingTime;
    for (const auto& [server, entries] : survey_.servers) {
      const std::string path = path_of(entries.front());
      if (host_.now() >= deadline) {
        break;
      }
      if (access(path.c_str(), R_OK) != 0) {
        continue;
      }
      const Result<std::string> message = read_file(path, kEntryLimit);
      const Readable state = message ? gpg_.look(*message) : Readable::no;
      if (state == Readable::now) {
        ++readable_;
      } else if (state == Readable::no) {
        damaged.push_back(server);
      } else if (state == Readable::no_secret_key) {
        foreign.push_back(server);
      }
    }
    report_unreadable("gpg cannot decrypt the damaged login of ", damaged);
    report_unreadable("nobody here has the key that could open the login of ", foreign);
  }

  void report_unreadable(const std::string& what, const std::vector<std::string>& servers) {
    std::string remedy;
    for (const std::string& server : servers) {
      remedy += "docker login " + shell_word(server) + "\n";
    }
    if (!servers.empty()) {
      add(Check::State::problem, what + enumerate(servers), remedy);
    }
  }

  /// Older helpers add a second user beside the first, and answer with the one that comes first in the alphabet.
  void check_users() {
    for (const auto& [server, entries] : survey_.servers) {
      if (entries.size() < 2) {
        continue;
      }
      std::vector<std::string> others;
      std::string remedy;
      for (auto entry = entries.begin() + 1; entry != entries.end(); ++entry) {
        others.push_back(entry->username);
        remedy += remove_command(entry->folder + "/" + entry->file);
      }
      add(Check::State::note,
          printable(server) + " has " + std::to_string(entries.size()) + " logins: the newest, of " +
              printable(entries.front().username) + ", is answered, never that of " + enumerate(others),
          remedy);
    }
  }

  /// `path` is relative to the store.
  [[nodiscard]] std::string remove_command(const std::string& path) const {
    std::string commands = "rm " + shell_word(store_ + "/" + path) + "\n";
    if (!find_repository(store_, path).empty()) {
      const std::string top = shell_word(path.substr(0, path.find('/')));
      const std::string git = "git -C " + shell_word(store_);
      commands += git + " add --all -- " + top + "\n" + git + " commit --quiet --message 'Remove a former login' -- " +
                  top + "\n";
    }
    return commands;
  }

  /// Harmless here, but older helpers fail to list anything because of them.
  void check_names() {
    std::string remedy;
    for (const std::string& path : survey_.barren) {
      const std::string absolute = store_ + "/" + path;
      // What is not empty may be of use to somebody: out of the way, but kept.
      remedy += holds_files(absolute) ? set_aside(path) : "find " + shell_word(absolute) + " -type d -empty -delete\n";
    }
    if (!remedy.empty()) {
      add(Check::State::note,
          count(survey_.barren.size(), "folder") +
              " without a login, as a failed docker login leaves them: " + enumerate(servers_of(survey_.barren)),
          remedy);
    }
    remedy.clear();
    for (const std::string& path : survey_.strange) {
      remedy += set_aside(path);
    }
    if (!remedy.empty()) {
      add(Check::State::note,
          count(survey_.strange.size(), "name") +
              " among the logins that no server has, passed over: " + enumerate(survey_.strange),
          remedy);
    }
  }

  static bool holds_foreign(const std::string& folder) {
    std::error_code problem;
    std::filesystem::recursive_directory_iterator item(
        folder, std::filesystem::directory_options::skip_permission_denied, problem);
    struct stat info {};
    for (; !problem && item != std::filesystem::recursive_directory_iterator(); item.increment(problem)) {
      if (stat(item->path().c_str(), &info) == 0 && info.st_uid != geteuid()) {
        return true;
      }
    }
    return false;
  }

  static bool holds_files(const std::string& folder) {
    std::error_code problem;
    std::filesystem::recursive_directory_iterator item(folder, problem);
    for (; !problem && item != std::filesystem::recursive_directory_iterator(); item.increment(problem)) {
      if (item->symlink_status(problem).type() != std::filesystem::file_type::directory) {
        return true;
      }
    }
    return false;
  }

  [[nodiscard]] std::string set_aside(const std::string& path) const {
    const std::string name = path.substr(path.rfind('/') + 1);
    return "mv -n " + shell_word(store_ + "/" + path) + " " + shell_word(free_name(store_ + "/" + name)) + "\n";
  }

  static std::vector<std::string> servers_of(const std::vector<std::string>& folders) {
    std::vector<std::string> servers;
    servers.reserve(folders.size());
    for (const std::string& folder : folders) {
      servers.push_back(decode_base64url(folder.substr(folder.rfind('/') + 1)).value_or(folder));
    }
    return servers;
  }

  Host& host_;
  Gpg& gpg_;
  const std::string& store_;
  Survey survey_;
  std::size_t readable_ = 0;
  std::vector<Check> checks_;
};

}  // namespace

std::vector<Check> examine_entries(Host& host, Gpg& gpg, const std::string& store, bool can_read) {
  Result<Survey> survey = survey_entries(store);
  if (!survey) {
    return {problem(std::string(kLink), survey.error())};
  }
  return Entries(host, gpg, store, std::move(*survey)).examine(can_read);
}

}  // namespace keyberth
