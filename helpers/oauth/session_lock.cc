// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/session_lock.h"

#include <cstddef>

namespace keyberth::oauth {

Result<FileLock> lock_session(Host& host, const std::string& key, std::chrono::milliseconds wait) {
  constexpr std::size_t kNameLimit = 150;
  Result<std::string> folder = runtime_folder(host);
  if (!folder) {
    return pass_on(std::move(folder));
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
