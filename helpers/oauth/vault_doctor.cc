// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/vault_doctor.h"

#include <chrono>
#include <utility>

#include "common/family.h"
#include "common/report.h"

namespace keyberth::oauth {
namespace {

/// Beyond the time that a person may take.
constexpr std::chrono::seconds kAnswerTime{20};

}  // namespace

std::vector<Check> examine_vault(Host& host, Vault& vault) {
  const std::string program = "docker-credential-" + vault.name();
  std::vector<Check> found;
  if (Result<std::vector<Check>> checks = ask_doctor(host, program, patience(host) + kAnswerTime)) {
    const bool keeps = works(*checks);  // then a problem is one of other logins; of ours we look at each
    for (Check& check : *checks) {
      if (check.state != Check::State::ok) {
        found.push_back({"vault", keeps ? Check::State::note : check.state, program + ": " + check.finding,
                         std::move(check.remedy)});
      }
    }
    return found;
  }
  // Another program's helper, which has no doctor.
  if (const Result<std::vector<Entry>> entries = vault.list(); !entries) {
    found.push_back(problem("vault", entries.error()));
  }
  return found;
}

}  // namespace keyberth::oauth
