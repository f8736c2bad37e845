// SPDX-License-Identifier: Apache-2.0
#include "common/file_checks.h"

#include <sys/stat.h>
#include <unistd.h>

#include <string_view>

#include "common/docker_config.h"
#include "common/json.h"
#include "common/json_text.h"
#include "common/process.h"
#include "common/protocol.h"
#include "common/users.h"

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
  const std::string folder = file.path.substr(0, file.path.rfind('/'));
  for (const std::string& path : {folder, file.path}) {
    struct stat info {};
    if (stat(path.c_str(), &info) != 0 || info.st_uid == geteuid() || access(path.c_str(), R_OK | W_OK) == 0) {
      continue;
    }
    const std::string finding = printable_path(path) + " belongs to " + describe_user(info.st_uid);
    const std::string give = R"sh(sudo chown -R "$(id -u):$(id -g)" )sh" + shell_word(path);
    return Check{link_of(file), State::problem, finding, below_home(host, path) ? give : usual_place(file)};
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

}  // namespace

std::string edit_command(const Host& host, const std::string& path) {
  for (const char* editor : {"nano", "vim", "vi"}) {
    if (!find_program(host, editor).empty()) {
      return std::string(editor) + " " + shell_word(path);
    }
  }
  return "nano " + shell_word(path);
}

std::optional<Check> examine_file(const Host& host, const ClientFile& file, const Result<std::string>& text) {
  for (auto& check : {check_folder(host, file), check_owner(host, file)}) {
    if (check) {
      return check;
    }
  }
  const std::string word = shell_word(file.path);
  if (!text) {
    Check check = problem(link_of(file), text.error());
    if (check.remedy.empty()) {
      check.remedy =
          below_home(host, file.path) ? "mv -n " + word + " " + shell_word(file.path + ".old") : usual_place(file);
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
        is_json(*text) ? edit_command(host, file.path) : "python3 -m json.tool " + word + " >/dev/null");
  }
  return std::nullopt;
}

}  // namespace keyberth
