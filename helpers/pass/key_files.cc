// SPDX-License-Identifier: Apache-2.0
#include "helpers/pass/key_files.h"

#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "helpers/pass/places.h"

namespace keyberth {

std::optional<Error> closed_rings(const Host& host) {
  const Place place = gnupg_place(host);
  // gpg makes locks in its folder, and goes on without the right to write to the rest.
  constexpr std::array<std::pair<const char*, int>, 6> kNeeded{{{"", W_OK | X_OK},
                                                                {"/pubring.kbx", R_OK},
                                                                {"/pubring.gpg", R_OK},
                                                                {"/public-keys.d", X_OK},
                                                                {"/public-keys.d/pubring.db", R_OK},
                                                                {"/trustdb.gpg", R_OK}}};
  for (const auto& [name, needed] : kNeeded) {
    if (auto trouble = closed(host, place, place.path + name, needed, place.path)) {
      return trouble;
    }
  }
  return std::nullopt;
}

std::optional<Error> closed_keys(const Host& host) {
  const Place place = gnupg_place(host);
  const std::string folder = place.path + "/private-keys-v1.d";
  std::optional<Error> trouble = closed_rings(host);
  if (!trouble) {
    trouble = closed(host, place, folder, X_OK, place.path);
  }
  std::error_code problem;
  std::filesystem::directory_iterator item(folder, problem);
  for (; !trouble && !problem && item != std::filesystem::directory_iterator(); item.increment(problem)) {
    if (item->path().extension() == ".key") {
      trouble = closed(host, place, item->path().string(), R_OK, place.path);
    }
  }
  return trouble;
}

Error with_cause(const Host& host, Error error) {
  const bool misses_a_key = error.kind == ErrorKind::unavailable;
  if (!misses_a_key && error.kind != ErrorKind::damaged) {
    return error;
  }
  std::optional<Error> cause = obstacle(gnupg_place(host));
  if (!cause) {
    cause = misses_a_key ? closed_keys(host) : closed_rings(host);
  }
  if (!cause) {
    return error;
  }
  cause->message.insert(0, "gpg cannot get at its keys: ");
  return std::move(*cause);
}

}  // namespace keyberth
