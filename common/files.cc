// SPDX-License-Identifier: Apache-2.0
#include "common/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <functional>
#include <memory>
#include <span>

#include "common/protocol.h"

namespace keyberth {
namespace {

constexpr std::string_view kTemporaryPrefix = ".kb-";
constexpr std::time_t kStaleAfterSeconds = 3600;
constexpr std::size_t kSecretBlock = 4096;

/// The path, or what of it is there: advice about a missing file helps nobody.
std::string nearest_existing(std::string_view path) {
  std::string existing(path);
  struct stat info {};
  while (existing.find('/', 1) != std::string::npos && lstat(existing.c_str(), &info) != 0) {
    existing = folder_of(existing);
  }
  return existing;
}

Result<> write_all(int descriptor, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) {
      return tl::unexpected(system_error("write", path, errno));
    }
    bytes.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
  }
  return {};
}

Result<> sync_folder(const std::string& path) {
  const Fd folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some file systems cannot sync a folder (EINVAL) and need not.
  if (!folder.is_open() || (fsync(folder.get()) != 0 && errno != EINVAL)) {
    return tl::unexpected(system_error("sync", path, errno));
  }
  return {};
}

void remove_stale_temporaries(const std::string& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(folder.c_str()), closedir);
  if (!directory) {
    return;
  }
  while (const dirent* entry = readdir(directory.get())) {  // NOLINT(concurrency-mt-unsafe): a stream of our own
    if (!std::string_view(entry->d_name).starts_with(kTemporaryPrefix)) {
      continue;
    }
    struct stat info {};
    const int descriptor = dirfd(directory.get());
    if (fstatat(descriptor, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(info.st_mode) &&
        info.st_mtime + kStaleAfterSeconds < std::time(nullptr)) {
      (void)unlinkat(descriptor, entry->d_name, 0);
    }
  }
}

struct RegularFile {
  Fd fd;
  mode_t mode;
};

Result<RegularFile> open_for_reading(const std::string& path) {
  Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file.is_open()) {
    return tl::unexpected(system_error("read", path, errno));
  }
  struct stat info {};
  if (fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return fail(ErrorKind::damaged, "not a regular file: " + printable(path));
  }
  return RegularFile{std::move(file), info.st_mode};
}

/// Reads to the end. `place` is told how many bytes of the room that it gave last were filled, and gives the next.
Result<> read_all(const Fd& file, const std::string& path, std::size_t limit,
                  const std::function<std::span<char>(std::size_t filled)>& place) {
  std::size_t filled = 0;
  for (std::size_t total = 0; total <= limit; total += filled) {
    const std::span<char> room = place(filled);
    const ssize_t count = read(file.get(), room.data(), room.size());
    if (count == 0) {
      return {};
    }
    if (count < 0 && errno != EINTR) {
      return tl::unexpected(system_error("read", path, errno));
    }
    filled = count < 0 ? 0 : static_cast<std::size_t>(count);
  }
  return fail(ErrorKind::limit, printable(path) + " is larger than " + std::to_string(limit) + " bytes");
}

std::string temporary_name() {
  std::array<unsigned char, 8> random{};
  // O_EXCL guards against a repeated name, should this ever fail.
  [[maybe_unused]] const ssize_t filled = getrandom(random.data(), random.size(), 0);
  std::array<char, 2 * random.size() + 1> text{};
  for (std::size_t i = 0; i < random.size(); ++i) {
    (void)std::snprintf(&text.at(2 * i), 3, "%02x", random.at(i));
  }
  return std::string(kTemporaryPrefix) + text.data();
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    reset();
    descriptor_ = std::exchange(other.descriptor_, -1);
  }
  return *this;
}

void Fd::reset() {
  if (descriptor_ >= 0) {
    close(descriptor_);
  }
  descriptor_ = -1;
}

Error system_error(std::string_view doing, std::string_view path, int code) {
  std::array<char, 128> buffer{};
  Error error{
      ErrorKind::internal,
      "cannot " + std::string(doing) + " " + printable(path) + ": " + strerror_r(code, buffer.data(), buffer.size()),
      ""};
  const std::string quoted = shell_word(nearest_existing(path));
  if (code == ENOSPC || code == EDQUOT) {
    error.kind = ErrorKind::limit;
    error.hint = "free some space and try again; what was stored before is unchanged. See: df -h " + quoted;
  } else if (code == EACCES || code == EPERM) {
    error.kind = ErrorKind::denied;
    error.hint = "see who owns it: ls -ld " + quoted;
  } else if (code == EEXIST || code == ENOTDIR || code == ELOOP) {
    error.hint = "something else is in the way; see what: ls -ld " + quoted;
  } else if (code == EBUSY) {
    error.hint =
        "it is mounted by itself, as containers do with single files: mount the folder it is in, or change it "
        "outside; see: findmnt -T " +
        quoted;
  } else if (code == EROFS) {
    error.kind = ErrorKind::denied;
    error.hint = "the file system is mounted read-only; see: findmnt -T " + quoted;
  } else if (code == ENOENT) {
    error.kind = ErrorKind::not_found;
  }
  return error;
}

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  const Result<RegularFile> file = open_for_reading(path);
  if (!file) {
    return tl::unexpected(file.error());
  }
  std::string bytes;
  std::array<char, 16384> block{};
  KEYBERTH_TRY(read_all(file->fd, path, limit, [&](std::size_t filled) {
    bytes.append(block.data(), filled);
    return std::span(block);
  }));
  return bytes;
}

Result<Secret> read_private_file(const std::string& path, std::size_t limit, std::string_view what) {
  const Result<RegularFile> file = open_for_reading(path);
  if (!file) {
    return tl::unexpected(file.error());
  }
  if ((file->mode & (S_IRWXG | S_IRWXO)) != 0) {
    return fail(ErrorKind::denied,
                std::string(what) + " " + printable(path) + " is open to other users, so it is not used",
                "chmod 600 " + shell_word(path));
  }
  Secret bytes;
  KEYBERTH_TRY(read_all(file->fd, path, limit, [&](std::size_t filled) {
    bytes.commit(filled);
    return bytes.prepare(kSecretBlock);
  }));
  return bytes;
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) {
    return ".";
  }
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string nearest_folder(std::string path) {
  struct stat info {};
  while (path.size() > 1 && stat(path.c_str(), &info) != 0) {
    path = folder_of(path);
  }
  return path;
}

std::string free_name(const std::string& path) {
  struct stat info {};
  std::string name = path;
  for (int number = 2; lstat(name.c_str(), &info) == 0; ++number) {
    name = path + "-" + std::to_string(number);
  }
  return name;
}

Result<> make_folders(const std::string& path, unsigned mode) {
  if (mkdir(path.c_str(), mode) == 0) {
    return {};
  }
  if (errno == ENOENT && folder_of(path) != path) {
    KEYBERTH_TRY(make_folders(folder_of(path), mode));
    if (mkdir(path.c_str(), mode) == 0) {
      return {};
    }
  }
  const int code = errno;
  struct stat info {};
  if (code == EEXIST && stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) {
    return {};
  }
  return tl::unexpected(system_error("make the folder", path, code));
}

Result<> replace_file(const std::string& path, std::string_view bytes, unsigned mode, std::string workshop) {
  const std::string folder = folder_of(path);
  if (workshop.empty()) {
    workshop = folder;
  }
  remove_stale_temporaries(workshop);
  const std::string temporary = workshop + "/" + temporary_name();
  Fd file(open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!file.is_open()) {
    return tl::unexpected(system_error("write in", workshop, errno));
  }
  Result<> done = write_all(file.get(), bytes, path);
  if (done && fsync(file.get()) != 0) {
    done = tl::unexpected(system_error("write", path, errno));
  }
  file.reset();
  if (done && rename(temporary.c_str(), path.c_str()) != 0) {
    done = tl::unexpected(system_error("replace", path, errno));
  }
  if (!done) {
    (void)unlink(temporary.c_str());
    return done;
  }
  return sync_folder(folder);
}

Result<FileLock> FileLock::acquire(Host& host, const std::string& path, std::chrono::milliseconds wait) {
  Fd file(open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.is_open()) {
    return tl::unexpected(system_error("open the lock", path, errno));
  }
  const auto deadline = host.now() + wait;
  while (flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      return tl::unexpected(system_error("lock", path, errno));
    }
    if (host.now() >= deadline) {
      return fail(ErrorKind::timed_out, "another process holds the lock " + printable(path),
                  "see which: fuser -v " + shell_word(path));
    }
    host.sleep_until(host.now() + std::chrono::milliseconds(20));
  }
  return FileLock(std::move(file));
}

Result<std::string> runtime_folder(const Host& host) {
  const auto is_private_folder = [](const std::string& path) {
    struct stat info {};
    return lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == geteuid() &&
           (info.st_mode & 0077U) == 0;
  };
  if (const auto folder = host.env("XDG_RUNTIME_DIR"); folder && is_private_folder(*folder)) {
    return *folder;
  }
  const std::string folder = "/tmp/keyberth-" + std::to_string(geteuid());
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return tl::unexpected(system_error("make the folder", folder, errno));
  }
  if (!is_private_folder(folder)) {
    return fail(ErrorKind::denied, folder + " is not a private folder of yours",
                "remove it, or set XDG_RUNTIME_DIR to a folder of yours with mode 0700");
  }
  return folder;
}

}  // namespace keyberth
