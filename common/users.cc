// SPDX-License-Identifier: Apache-2.0
#include "common/users.h"

#include <pwd.h>

#include "common/protocol.h"

namespace keyberth {

std::optional<std::string> user_name(uid_t id) {
  const passwd* entry = getpwuid(id);  // NOLINT(concurrency-mt-unsafe): threads only run others
  return entry != nullptr ? std::optional<std::string>(entry->pw_name) : std::nullopt;
}

std::optional<std::string> user_home(uid_t id) {
  const passwd* entry = getpwuid(id);  // NOLINT(concurrency-mt-unsafe): threads only run others
  return entry != nullptr ? std::optional<std::string>(entry->pw_dir) : std::nullopt;
}

std::string describe_user(uid_t id) {
  const auto name = user_name(id);
  return name ? printable(*name) : "the user id " + std::to_string(id);
}

std::string chown_command(const std::string& path) { return R"sh(chown -R "$(id -u):$(id -g)" )sh" + shell_word(path); }

}  // namespace keyberth
