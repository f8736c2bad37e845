// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/session_lock.h"

#include <unistd.h>

#include <cstddef>
#include <utility>

#include "helpers/oauth/known.h"

namespace keyberth::oauth {
namespace {

/// Not the runtime folder: a cron job and a desktop have different ones, and would renew one session at the same time.
Result<std::string> lock_folder(const Host& host) {
  std::string folder = state_folder(host);
  const bool is_usable = !folder.empty() && make_folders(folder) && access(folder.c_str(), W_OK | X_OK) == 0;
  return is_usable ? Result<std::string>(std::move(folder)) : runtime_folder(host);
}

}  // namespace

Result<FileLock> lock_session(Host& host, const std::string& key, std::chrono::milliseconds wait) {
  constexpr std::size_t kNameLimit = 150;
  const Result<std::string> folder = lock_folder(host);
  if (!folder) {
    return tl::unexpected(folder.error());
  }
  std::string name;
  for (const char c : key.substr(0, kNameLimit)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
    name += plain ? c : '_';
  }
  // Two keys that share a name share a lock, which only costs time.
  return FileLock::acquire(host, *folder + "/" + name + ".lock", wait);
}

}  // namespace keyberth::oauth
