// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "common/host.h"
#include "common/result.h"
#include "common/secret.h"
#include "common/store.h"
#include "helpers/oauth/session.h"

namespace keyberth::oauth {

/// Another docker-credential helper, spoken to through the protocol as a child process: where sessions live, and what
/// answers for registries without a rule. Every answer is bounded in size and time and parsed strictly; what it says on
/// standard error is its own explanation and is passed on in the Error's hint.
class Vault {
 public:
  /// `name` is the suffix: "pass" means docker-credential-pass in PATH.
  Vault(Host& host, std::string name) : host_(host), name_(std::move(name)) {}

  [[nodiscard]] const std::string& name() const { return name_; }

  [[nodiscard]] Result<Credential> get(const std::string& server);
  [[nodiscard]] Result<> store(const Credential& credential);
  [[nodiscard]] Result<> erase(const std::string& server);
  [[nodiscard]] Result<std::vector<Entry>> list();

  /// The session under a key of session_key(). not_found when nobody is logged in.
  [[nodiscard]] Result<Session> load(const std::string& key);
  /// Durable when it returns.
  [[nodiscard]] Result<> save(const std::string& key, const Session& session);

 private:
  /// Beyond the time a person may take.
  static constexpr std::chrono::seconds kAnswerTime{10};

  [[nodiscard]] Result<Secret> call(const std::string& action, std::string_view input, std::chrono::seconds time_limit);

  Host& host_;
  std::string name_;
};

/// What a program of the family wrote to standard error, as a hint: a few lines, fit for a terminal. Its debug log goes
/// to ours.
[[nodiscard]] std::string explanation(Host& host, std::string_view errors);

/// Whether a session could be stored there, as far as can be said without storing one.
[[nodiscard]] Result<> check_vault(const Host& host, Vault& vault);

struct VaultChoice {
  Vault vault;
  /// The helpers that were tried before it, each with what it said: "secretservice: no D-Bus ...".
  std::vector<std::string> passed_over;
};

/// The vault of the configuration; else the first of secretservice, pass, keyctl whose program is there and whose
/// `list` works (and for pass, that is set up). unavailable, with what each of them said, when none does.
[[nodiscard]] Result<VaultChoice> find_vault(Host& host, const std::string& configured);

/// The same, for those who do not ask why.
[[nodiscard]] Result<Vault> choose_vault(Host& host, const std::string& configured);

}  // namespace keyberth::oauth
