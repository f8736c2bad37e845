// SPDX-License-Identifier: Apache-2.0
#include "helpers/pass/git.h"

#include <sys/stat.h>

#include <string_view>

#include "common/protocol.h"
#include "common/split.h"
#include "helpers/pass/entry_path.h"

namespace keyberth {
namespace {

class Git {
 public:
  Git(Host& host, std::string folder) : host_(host), folder_(std::move(folder)) {}

  /// Its output; nothing when it failed, which is logged.
  std::optional<std::string> run(std::vector<std::string> arguments, const std::vector<std::string>& paths = {}) {
    ProcessRequest request;
    request.arguments = {"git", "--literal-pathspecs", "-C", folder_};
    request.arguments.insert(request.arguments.end(), arguments.begin(), arguments.end());
    if (!paths.empty()) {
      request.arguments.emplace_back("--");
      request.arguments.insert(request.arguments.end(), paths.begin(), paths.end());
    }
    // A docker command in a hook of another repository must not commit there.
    request.hidden = {"GIT_DIR",           "GIT_WORK_TREE",        "GIT_NAMESPACE", "GIT_INDEX_FILE",
                      "GIT_INDEX_VERSION", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"};
    if (const auto terminal = host_.terminal(); terminal && !host_.env("GPG_TTY")) {
      request.environment = {{"GPG_TTY", *terminal}};  // for signed commits
    }
    request.environment.emplace_back("GIT_TERMINAL_PROMPT", "0");
    request.time_limit = patience(host_);
    request.outlives_us = true;
    const Result<ProcessResult> result = host_.run(request);
    if (!result || result->exit_code != 0) {
      trouble_ = result ? result->errors : result.error().message;
      host_.debug("git: " + trouble_);
      return std::nullopt;
    }
    return std::string(result->output.view());
  }

  /// What the last call that failed said.
  [[nodiscard]] const std::string& trouble() const { return trouble_; }

 private:
  Host& host_;
  std::string folder_;
  std::string trouble_;
};

/// The paths in the output of `git status --porcelain -z` (git-status(1), "Porcelain Format Version 1").
std::vector<std::string> changed_paths(std::string_view output) {
  constexpr std::size_t kPathColumn = 3;
  std::vector<std::string> paths;
  for (const std::string_view item : split(output, '\0')) {
    if (item.size() > kPathColumn) {
      paths.emplace_back(item.substr(kPathColumn));
    }
  }
  return paths;
}

}  // namespace

std::string find_repository(const std::string& store, const std::string& path) {
  for (std::string current = "/" + path; !current.empty();) {
    current.resize(current.rfind('/'));
    struct stat info {};
    if (stat((store + current + "/.git").c_str(), &info) == 0) {
      return store + current;
    }
  }
  return {};
}

void record_in_git(Host& host, const std::string& store, const std::string& written,
                   const std::vector<std::string>& removed, const std::string& title) {
  const std::string folder = find_repository(store, written.empty() ? removed.front() : written);
  if (folder.empty()) {
    return;
  }
  Git git(host, folder);
  const auto in_repository = [&](const std::string& path) {
    const std::string below = folder.size() > store.size() ? folder.substr(store.size() + 1) + "/" : "";
    return path.starts_with(below) ? path.substr(below.size()) : std::string();
  };
  std::vector<std::string> touched;
  touched.reserve(removed.size() + 1);
  for (const std::string& path : removed) {
    touched.push_back(in_repository(path));
  }
  if (!written.empty()) {
    touched.push_back(in_repository(written));
    if (!git.run({"add"}, {touched.back()})) {
      return;
    }
  }
  std::erase(touched, "");
  // Files that were never committed are unknown to git and must not be named in the commit. No renames: they would make
  // two paths of one item.
  const auto status = git.run({"status", "--porcelain", "-z", "--untracked-files=no", "--no-renames"}, touched);
  const std::vector<std::string> changed = changed_paths(status.value_or(""));
  if (changed.empty()) {
    return;
  }
  std::vector<std::string> commit{"commit", "--quiet", "--message", title};
  if (git.run({"config", "--bool", "--default", "false", "--get", "pass.signcommits"}) == "true\n") {
    commit.emplace_back("--gpg-sign");
  }
  (void)git.run(commit, changed);
}

std::vector<Check> examine_git(Host& host, const std::string& store) {
  const std::string link = "git";
  const std::string folder = find_repository(store, std::string(kFolder) + "/x");
  if (folder.empty()) {
    return {};
  }
  const std::string git_command = "git -C " + shell_word(folder);
  Git git(host, folder);
  const auto index = git.run({"--no-optional-locks", "rev-parse", "--absolute-git-dir"});
  if (!index) {
    const std::string& said = git.trouble();
    const bool is_foreign = said.find("safe.directory") != std::string::npos;
    return {{link, Check::State::note, "logins are not committed: " + printable(said.substr(0, said.find('\n'))),
             is_foreign ? "git config --global --add safe.directory " + shell_word(folder) : git_command + " status"}};
  }
  const std::string lock = index->substr(0, index->find('\n')) + "/index.lock";
  struct stat info {};
  if (stat(lock.c_str(), &info) == 0) {
    return {{link, Check::State::note,
             "logins are not committed, because a git command is running in " + printable(folder) + " or was killed",
             "pgrep -x git || rm " + shell_word(lock)}};
  }
  if (!git.run({"var", "GIT_COMMITTER_IDENT"})) {
    return {{link, Check::State::note, "logins are not committed, because git does not know your name and address",
             git_command + " config user.name \"$(id -un)\"\n" + git_command +
                 " config user.email \"$(id -un)@$(uname -n)\""}};
  }
  std::vector<std::string> ours;
  for (const std::string& path : {std::string(kFolder), std::string(kLongFolder), std::string(".gpg-id")}) {
    std::string absolute = folder;
    absolute.append("/").append(path);
    if (stat(absolute.c_str(), &info) == 0) {
      ours.push_back(path);
    }
  }
  const auto status = git.run({"--no-optional-locks", "status", "--porcelain", "-z", "--no-renames"}, ours);
  const std::vector<std::string> changed = changed_paths(status.value_or(""));
  if (changed.empty()) {
    return {{link, Check::State::ok, "every login is committed", ""}};
  }
  std::string words;
  for (const std::string& path : ours) {
    words.append(" ").append(shell_word(path));
  }
  return {{link, Check::State::note,
           std::to_string(changed.size()) + " change" + (changed.size() == 1 ? " is" : "s are") + " not committed in " +
               printable(folder),
           git_command + " add --all --" + words + "\n" + git_command + " commit --quiet --message 'Record logins' --" +
               words}};
}

}  // namespace keyberth
