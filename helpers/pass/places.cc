// SPDX-License-Identifier: Apache-2.0
#include "helpers/pass/places.h"

#include <grp.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <initializer_list>
#include <string_view>
#include <system_error>

#include "common/files.h"
#include "common/process.h"
#include "common/protocol.h"
#include "common/user_checks.h"
#include "common/users.h"
#include "helpers/pass/entry_path.h"
#include "helpers/pass/gpg.h"
#include "helpers/pass/recipients.h"

namespace keyberth {
namespace {

constexpr std::string_view kGnupgVariable = "GNUPGHOME";

bool holds(const std::string& folder, std::initializer_list<std::string_view> names) {
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) {
    return access((folder + "/" + std::string(name)).c_str(), F_OK) == 0;
  });
}

bool is_gnupg(const Place& place) { return place.variable == kGnupgVariable; }

/// Below the home folder.
std::string default_name(const Place& place) { return is_gnupg(place) ? ".gnupg" : ".password-store"; }

/// Without links; empty when it cannot be followed to its end.
std::string resolved(const std::string& path) {
  std::error_code problem;
  const std::filesystem::path target = std::filesystem::canonical(path, problem);
  return problem ? std::string() : target.string();
}

bool is_own(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 && info.st_uid == geteuid();
}

/// What a new disk or a new repository has does not count.
bool holds_anything(const std::string& folder) {
  std::error_code problem;
  std::filesystem::directory_iterator item(folder, problem);
  for (; !problem && item != std::filesystem::directory_iterator(); item.increment(problem)) {
    const std::string name = item->path().filename().string();
    if (name != "lost+found" && name != ".git" && name != ".gitattributes") {
      return true;
    }
  }
  return false;
}

}  // namespace

Place gnupg_place(const Host& host) {
  return {kGnupgVariable.data(), gnupg_folder(host), host.env("GNUPGHOME").has_value()};
}

Place store_place(const Host& host, const std::string& store) {
  return {"PASSWORD_STORE_DIR", store, host.env("PASSWORD_STORE_DIR").has_value()};
}

bool is_elsewhere(const Place& place) { return place.is_named && !place.path.ends_with("/" + default_name(place)); }

bool holds_keys(const std::string& folder) {
  return holds(folder, {"private-keys-v1.d", "public-keys.d", "pubring.kbx", "pubring.gpg"});
}

bool holds_store(const std::string& folder) { return holds(folder, {".gpg-id", kFolder, kLongFolder}); }

bool is_astray(const Place& place) {
  const bool is_good = is_gnupg(place)
                           ? holds_keys(place.path) || holds(place.path, {"gpg.conf", "gpg-agent.conf", "common.conf"})
                           : holds_store(place.path);
  return !is_good && is_elsewhere(place) && holds_anything(place.path);
}

bool cannot_be_made(const std::string& path) {
  const std::string folder = nearest_folder(path);
  return folder != path && access(folder.c_str(), W_OK | X_OK) != 0;
}

std::string takeable_folder(const Host& host, const Place& place, const std::string& path) {
  const std::string named = host.env("HOME").value_or("");
  const std::string home = resolved(named);
  const std::string top = resolved(place.path);
  const std::string folder = resolved(path);
  const bool is_default = place.path == named + "/" + default_name(place);
  const bool is_known = is_default || (is_gnupg(place) ? holds_keys(top) : holds_store(top));
  const bool is_below = home.size() > 1 && top.starts_with(home + "/") && (folder + "/").starts_with(top + "/");
  return is_below && is_own(home) && is_known ? folder : "";
}

std::optional<Error> obstacle(const Place& place) {
  struct stat info {};
  if (lstat(place.path.c_str(), &info) != 0) {
    return std::nullopt;
  }
  std::error_code problem;
  const std::filesystem::file_status target = std::filesystem::status(place.path, problem);
  if (target.type() == std::filesystem::file_type::directory) {
    return std::nullopt;
  }
  std::string finding = is_elsewhere(place)
                            ? std::string(place.variable) + " leads to " + printable(place.path) + ", which is "
                            : printable(place.path) + " is ";
  if (S_ISLNK(info.st_mode)) {
    finding += "a link to " + printable(std::filesystem::read_symlink(place.path, problem).string()) + ", which is ";
  }
  const std::string set_aside = "  mv -nT " + shell_word(place.path) + " " + shell_word(free_name(place.path + ".old"));
  if (target.type() == std::filesystem::file_type::not_found) {
    return Error{ErrorKind::unavailable, finding + "not there",
                 "Mount the disk that it is on, or bring it back. Only if it is gone for good:\n" + set_aside};
  }
  if (!std::filesystem::exists(target)) {
    return Error{ErrorKind::denied, finding + "out of your reach", ""};
  }
  // What a variable leads to by mistake has its own use.
  return Error{ErrorKind::unavailable, finding + "no folder",
               is_elsewhere(place) ? "Use the usual place:\n  " + use_default(place)
                                   : "Set aside what is in the way:\n" + set_aside};
}

std::optional<Error> closed(const Host& host, const Place& place, const std::string& path, int needed,
                            const std::string& whole) {
  struct stat info {};
  if (access(path.c_str(), needed) == 0 || errno != EACCES || stat(path.c_str(), &info) != 0) {
    return std::nullopt;
  }
  const bool is_foreign = info.st_uid != geteuid();
  const std::string mine = is_foreign ? takeable_folder(host, place, whole) : whole;
  Error error{ErrorKind::denied, "the mode of " + printable(path) + " forbids you to use it", ""};
  if (is_foreign) {
    error.message =
        printable(path) + " belongs to " + describe_user(info.st_uid) + ", and this is " + describe_user(geteuid());
    if (mine.empty()) {
      error.message += ": only the owner can let you in";
      return error;
    }
    error.hint = "sudo " + chown_command(mine);
  }
  // The owner's bits are those of access(2), six places up.
  constexpr unsigned kOwner = 6;
  if ((~info.st_mode & (static_cast<unsigned>(needed) << kOwner)) != 0) {
    error.hint += (error.hint.empty() ? "" : "\n") + ("chmod -R u+rwX " + shell_word(mine));
  }
  return error;
}

bool is_shared(const std::string& store) {
  struct stat info {};
  if (stat(store.c_str(), &info) != 0) {
    return false;
  }
  constexpr unsigned kGroup = 070;
  constexpr std::size_t kFileLimit = std::size_t{64} * 1024;
  const bool by_group = (info.st_mode & kGroup) != 0 && ((info.st_mode & S_ISGID) != 0 || info.st_gid != getegid());
  const Result<std::string> keys = read_file(store + "/.gpg-id", kFileLimit);
  return info.st_uid != geteuid() || by_group || (keys && parse_gpg_id(*keys).size() > 1);
}

std::string describe_group(gid_t id) {
  const group* entry = getgrgid(id);  // NOLINT(concurrency-mt-unsafe): there are no threads
  return entry != nullptr ? "the group " + printable(entry->gr_name) : "the group id " + std::to_string(id);
}

std::string use_default(const Place& place) {
  return "export " + std::string(place.variable) + "=\"$HOME/" + default_name(place) + "\"";
}

std::optional<Error> home_trouble(const Host& host, const Place& place, int needed) {
  const std::string home = host.env("HOME").value_or("");
  struct stat info {};
  const bool is_there = stat(place.path.c_str(), &info) == 0;
  if (place.is_named || !home.starts_with('/') || (is_there && info.st_uid == geteuid()) ||
      (is_there && access(place.path.c_str(), needed) == 0)) {
    return std::nullopt;
  }
  return unusable_home(host);
}

std::optional<Error> socket_trouble(Host& host) {
  // The longest of those that gpg-agent makes; they lie in the GnuPG home where there is no /run/user.
  ProcessRequest request;
  request.arguments = {"gpgconf", "--list-dirs", "agent-browser-socket"};
  request.time_limit = std::chrono::seconds(5);
  const Result<ProcessResult> result = host.run(request);
  std::string_view socket = result ? result->output.view() : std::string_view();
  socket = socket.substr(0, socket.find('\n'));
  // gpg-agent (2.2) keeps one byte more than the system asks for.
  constexpr std::size_t kLimit = sizeof(sockaddr_un::sun_path) - 2;
  if (socket.size() <= kLimit) {
    return std::nullopt;
  }
  const std::string_view folder = socket.substr(0, socket.rfind('/'));
  const std::size_t excess = socket.size() - kLimit;
  const Place usual{kGnupgVariable.data(), host.env("HOME").value_or("") + "/.gnupg"};
  const std::size_t usual_size = usual.path.size() + socket.size() - folder.size();
  return Error{ErrorKind::unavailable,
               "the path of gpg's folder is too long for the sockets of gpg-agent, by " + std::to_string(excess) +
                   (excess == 1 ? " character: " : " characters: ") + printable_path(folder) +
                   (usual_size > kLimit ? "; name a folder with a shorter path in GNUPGHOME" : ""),
               usual_size > kLimit ? "" : use_default(usual)};
}

}  // namespace keyberth
