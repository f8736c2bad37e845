// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "common/credential.h"
#include "common/result.h"

namespace keyberth {

/// One line of `list`: the server key as it is stored, and its user name.
struct Entry {
  std::string server;
  std::string username;
};

/// A place that keeps credentials: what a helper implements. Keys are opaque bytes here; aliases and the rules of the
/// protocol belong to run_helper. Implementations print nothing, bound every wait, and never put a secret into an
/// Error.
///
/// Server and user name reach a Store without control characters and never empty; a user name may hold anything else,
/// `/` and `..` included, and must not lead outside the store.
class Store {
 public:
  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  Store(Store&&) = delete;
  Store& operator=(Store&&) = delete;
  virtual ~Store() = default;

  /// The credential stored under the first of `keys` that is stored at all. Over several entries for that key (other
  /// programs leave them) the newest wins. `Credential::server` is the key found. Unlocks and prompts when it must.
  /// not_found only when the store was read and none of the keys is there.
  [[nodiscard]] virtual Result<Credential> get(std::span<const std::string> keys) = 0;

  /// Stores, replacing every other entry of the same server whatever its user name. After a failure the former entry is
  /// still there, whole.
  [[nodiscard]] virtual Result<> store(const Credential& credential) = 0;

  /// Removes every entry of each of `keys`. Keys that are not stored are no error; an entry that stays behind is.
  [[nodiscard]] virtual Result<> erase(std::span<const std::string> keys) = 0;

  /// Every entry, in any order, one for each server. Reads names only: never decrypts, unlocks or prompts. An entry
  /// that cannot be understood is left out. When the store is not set up at all it is empty, not an error; when it
  /// cannot be reached, or hides its names because it is locked, that is an error.
  [[nodiscard]] virtual Result<std::vector<Entry>> list() = 0;
};

}  // namespace keyberth
