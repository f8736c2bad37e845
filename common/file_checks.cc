// SPDX-License-Identifier: Apache-2.0
#include "common/file_checks.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "common/docker_config.h"
#include "common/files.h"
#include "common/json.h"
#include "common/json_text.h"
#include "common/process.h"
#include "common/protocol.h"
#include "common/report.h"
#include "common/users.h"
#include "common/writable.h"

namespace keyberth {
namespace {

using State = Check::State;

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::string link_of(const ClientFile& file) { return file.containers ? "auth.json" : "config.json"; }

bool below_home(const Host& host, const std::string& path) {
  const auto home = host.env("HOME");
  return home && home->size() > 1 && path.starts_with(*home + "/");
}

/// The command that lets the variable lead to the usual place.
std::string usual_place(const ClientFile& file) {
  return file.containers ? R"(export REGISTRY_AUTH_FILE="$HOME"/.config/containers/auth.json)"
                         : R"(export DOCKER_CONFIG="$HOME"/.docker)";
}

/// What `sudo docker login` leaves behind: a file, or a whole folder, of root's.
std::optional<Check> check_owner(const Host& host, const ClientFile& file) {
  const std::string folder = folder_of(file.path);
  for (const std::string& path : {folder, file.path}) {
    struct stat info {};
    if (stat(path.c_str(), &info) != 0 || info.st_uid == geteuid() || access(path.c_str(), R_OK | W_OK) == 0) {
      continue;
    }
    const bool is_fixed = errno == EROFS;
    if (access(path.c_str(), R_OK) == 0 && (is_fixed || (lstat(path.c_str(), &info) == 0 && S_ISLNK(info.st_mode)))) {
      continue;  // made so on purpose, and read all the same
    }
    const std::string finding = printable_path(path) + " belongs to " + describe_user(info.st_uid);
    return Check{link_of(file), State::problem, finding,
                 below_home(host, path) ? "sudo " + chown_command(path) : usual_place(file)};
  }
  return std::nullopt;
}

/// What its own user has no right to read.
std::optional<Check> check_rights(const ClientFile& file) {
  for (const std::string& path : {folder_of(folder_of(file.path)), folder_of(file.path), file.path}) {
    struct stat info {};
    if (stat(path.c_str(), &info) != 0 || info.st_uid != geteuid()) {
      continue;
    }
    const bool is_folder = S_ISDIR(info.st_mode);
    if (access(path.c_str(), is_folder ? X_OK : R_OK) != 0) {
      return Check{link_of(file), State::problem, "you may not read " + printable_path(path) + ", which is yours",
                   (is_folder ? "chmod u+rwx " : "chmod u+rw ") + shell_word(path)};
    }
  }
  return std::nullopt;
}

/// Why something is in the way at the file's or its folder's place; empty when nothing is.
std::string in_the_way(const std::string& path, bool is_folder) {
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0) {
    return "";
  }
  const bool is_link = S_ISLNK(info.st_mode);
  if (stat(path.c_str(), &info) != 0) {
    return !is_link                       ? ""
           : errno == ELOOP               ? " is a link that leads back to itself"
           : is_folder && errno == ENOENT ? " is a link to a folder that is not there"
                                          : "";
  }
  return is_folder && !S_ISDIR(info.st_mode) ? " is a file, where a folder is wanted" : "";
}

std::optional<Check> check_way(const Host& host, const ClientFile& file) {
  for (const std::string& path : {folder_of(file.path), file.path}) {
    if (const std::string why = in_the_way(path, path != file.path); !why.empty()) {
      const std::string aside = "mv -n " + shell_word(path) + " " + shell_word(free_name(path + ".old"));
      return Check{link_of(file), State::problem, printable_path(path) + why,
                   below_home(host, path) ? aside : usual_place(file)};
    }
  }
  return std::nullopt;
}

/// People name the file where its folder is wanted.
std::optional<Check> check_folder(const Host& host, const ClientFile& file) {
  const auto folder = host.env("DOCKER_CONFIG");
  struct stat info {};
  if (file.containers || !folder || stat(folder->c_str(), &info) != 0 || S_ISDIR(info.st_mode)) {
    return std::nullopt;
  }
  const std::size_t slash = folder->rfind('/');
  return Check{
      link_of(file), State::problem,
      "DOCKER_CONFIG is " + printable_path(*folder) + ", a file, where docker wants the folder it is in",
      "export DOCKER_CONFIG=" + (slash == std::string::npos ? "\"$PWD\"" : shell_word(folder->substr(0, slash)))};
}

/// One command, without words.
bool is_command(const std::string& remedy) { return !remedy.empty() && remedy.find('\n') == std::string::npos; }

}  // namespace

std::string edit_command(const Host& host, const std::string& path) {
  for (const char* editor : {"nano", "vim", "vi"}) {
    if (!find_program(host, editor).empty()) {
      return std::string(editor) + " " + shell_word(path);
    }
  }
  return "nano " + shell_word(path);
}

std::string edit_to(const Host& host, const std::string& path, const std::string& what) {
  return what + ":\n  " + edit_command(host, path);
}

std::string mend_by_hand(const Host& host, const std::string& path) { return edit_to(host, path, "Mend it by hand"); }

void examine_change(const Host& host, const ClientFile& file, std::vector<Check>& checks) {
  const auto trouble = all_well(checks) ? std::nullopt : replace_trouble(file.path);
  if (!trouble) {
    return;
  }
  for (Check& check : checks) {
    check.remedy = is_command(check.remedy) ? "Once the file can be changed:\n  " + check.remedy : check.remedy;
  }
  Check first = problem(link_of(file), *trouble);
  if (first.remedy.empty()) {  // a folder of somebody else, in which that of the file would have to be made
    const std::string folder = nearest_folder(folder_of(file.path));
    first.remedy = below_home(host, folder) ? "sudo " + chown_command(folder) : usual_place(file);
  }
  checks.push_back(std::move(first));
  std::rotate(checks.begin(), checks.end() - 1, checks.end());
}

std::optional<Check> examine_file(const Host& host, const ClientFile& file, const Result<std::string>& text) {
  for (auto& check : {check_folder(host, file), check_way(host, file), check_owner(host, file), check_rights(file)}) {
    if (check) {
      return check;
    }
  }
  const std::string word = shell_word(file.path);
  if (!text) {
    Check check = problem(link_of(file), text.error());
    if (check.remedy.empty()) {
      check.remedy = below_home(host, file.path) ? "mv -n " + word + " " + shell_word(free_name(file.path + ".old"))
                                                 : usual_place(file);
    }
    return check;
  }
  const auto found = [&](const std::string& what, const std::string& remedy) {
    return Check{link_of(file), State::problem, printable_path(file.path) + what, remedy};
  };
  if (text->starts_with(kByteOrderMark)) {
    return found(" starts with a byte order mark, which Docker does not read",
                 R"(sed -i --follow-symlinks '1s/^\xef\xbb\xbf//' )" + word);
  }
  if (file.containers && json_text::skip_blank(*text, 0) == text->size()) {
    return found(" is empty, which podman and skopeo refuse", "echo '{}' > " + word);
  }
  if (const Result<> read = check_docker_config(*text); !read) {
    return found(
        ": " + read.error().message +
            (file.containers ? ", which podman and skopeo refuse" : ", so that Docker takes the whole file for empty"),
        (is_json(*text) ? "" : "See where:\n  python3 -m json.tool " + word + " >/dev/null\n") +
            mend_by_hand(host, file.path));
  }
  return std::nullopt;
}

}  // namespace keyberth
