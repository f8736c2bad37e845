// SPDX-License-Identifier: Apache-2.0
#include "common/users.h"

#include <pwd.h>

namespace keyberth {

std::optional<std::string> user_name(uid_t id) {
  const passwd* entry = getpwuid(id);  // NOLINT(concurrency-mt-unsafe): threads only run others
  return entry != nullptr ? std::optional<std::string>(entry->pw_name) : std::nullopt;
}

std::optional<std::string> user_home(uid_t id) {
  const passwd* entry = getpwuid(id);  // NOLINT(concurrency-mt-unsafe): threads only run others
  return entry != nullptr ? std::optional<std::string>(entry->pw_dir) : std::nullopt;
}

}  // namespace keyberth
