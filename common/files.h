// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "common/host.h"
#include "common/result.h"
#include "common/secret.h"

namespace keyberth {

/// An open descriptor, closed on destruction.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int descriptor) : descriptor_(descriptor) {}
  Fd(Fd&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  [[nodiscard]] int get() const { return descriptor_; }
  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
  void reset();

 private:
  int descriptor_ = -1;
};

/// An Error for a failed system call: "cannot <doing> <path>: <system's reason>", with the kind and hint that fit
/// `code` (an errno value): full disk and quota are limit, permissions and read-only are denied.
[[nodiscard]] Error system_error(std::string_view doing, std::string_view path, int code);

/// Reads a whole regular file of at most `limit` bytes. not_found when it is not there.
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t limit);

/// The same into secret memory, and denied when others than the owner have any right to the very file that is read.
/// The error calls it `what`: "the client key".
[[nodiscard]] Result<Secret> read_private_file(const std::string& path, std::size_t limit, std::string_view what);

/// Makes the folder and its missing parents, with `mode` less the process's umask.
[[nodiscard]] Result<> make_folders(const std::string& path, unsigned mode = 0700);

/// The folder that a path names a file in: "." for a name alone.
[[nodiscard]] std::string folder_of(const std::string& path);

/// What there is of the path, links followed: itself, or the nearest folder above it.
[[nodiscard]] std::string nearest_folder(std::string path);

/// A name that nothing has yet, for what is to be set aside: `path`, else "PATH-2", "PATH-3" and so on.
[[nodiscard]] std::string free_name(const std::string& path);

/// Replaces a file in one step that survives a crash at any moment: a temporary file (O_EXCL, `mode` less umask, its
/// name starts with ".kb-"), write, fsync, rename, fsync of the folder. On failure the former file is untouched and the
/// temporary one removed. Temporary files that a killed process left there over an hour ago are removed on the way.
/// The temporary file is made in `workshop`, a folder of the same file system; empty means the file's own folder.
[[nodiscard]] Result<> replace_file(const std::string& path, std::string_view bytes, unsigned mode = 0600,
                                    std::string workshop = {});

/// An exclusive lock between processes on `path`, made if missing; let go on destruction. flock(2) on a file of its
/// own.
class FileLock {
 public:
  /// timed_out when another process still holds it after `wait`.
  [[nodiscard]] static Result<FileLock> acquire(Host& host, const std::string& path, std::chrono::milliseconds wait);

 private:
  explicit FileLock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

/// A folder for locks, private to the user: $XDG_RUNTIME_DIR if it is ours, else /tmp/keyberth-UID, made with mode 0700
/// and refused when somebody else owns it.
[[nodiscard]] Result<std::string> runtime_folder(const Host& host);

}  // namespace keyberth
