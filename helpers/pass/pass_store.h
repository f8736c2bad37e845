// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "common/host.h"
#include "common/store.h"
#include "helpers/pass/folder.h"
#include "helpers/pass/gpg.h"

namespace keyberth {

/// Credentials in the user's password store (https://www.passwordstore.org), in the layout of
/// docker-credential-helpers; see entry_path.h. Works on the files with gpg directly; the program pass is not needed,
/// but what it promises is kept.
///
/// A stored secret comes back without the line breaks at its end: `pass insert` and `pass edit` add one.
class PassStore final : public Store {
 public:
  /// Whether changes are committed where the store is a git repository.
  enum class History { kept, left_alone };

  explicit PassStore(Host& host, History history = History::kept) : host_(host), gpg_(host), history_(history) {}

  [[nodiscard]] Result<Credential> get(std::span<const std::string> keys) override;
  [[nodiscard]] Result<> store(const Credential& credential) override;
  [[nodiscard]] Result<> erase(std::span<const std::string> keys) override;
  [[nodiscard]] Result<std::vector<Entry>> list() override;

 private:
  [[nodiscard]] Result<Credential> read(const std::string& store, const std::string& server, const FoundEntry& entry);

  void record(const std::string& store, const std::string& written, const std::vector<std::string>& removed,
              const std::string& title);

  Host& host_;
  Gpg gpg_;
  History history_;
};

/// The store's folder without a slash at its end: PASSWORD_STORE_DIR as it is, else ~/.password-store. It need not
/// exist. unavailable when neither that variable nor HOME is set.
[[nodiscard]] Result<std::string> store_folder(const Host& host);

/// While it lives, the process makes files with the mode that PASSWORD_STORE_UMASK asks for (octal; 077 without it).
class StoreUmask {
 public:
  explicit StoreUmask(const Host& host);
  StoreUmask(const StoreUmask&) = delete;
  StoreUmask& operator=(const StoreUmask&) = delete;
  StoreUmask(StoreUmask&&) = delete;
  StoreUmask& operator=(StoreUmask&&) = delete;
  ~StoreUmask();

 private:
  unsigned former_;
};

}  // namespace keyberth
