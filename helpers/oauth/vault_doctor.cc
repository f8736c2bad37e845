// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/vault_doctor.h"

#include <chrono>
#include <utility>

#include "common/protocol.h"
#include "helpers/oauth/json.h"

namespace keyberth::oauth {
namespace {

constexpr std::size_t kAnswerLimit = std::size_t{256} * 1024;
constexpr std::size_t kRemedyLimit = 5000;  // commands with long paths must stay whole
/// Beyond the time that a person may take.
constexpr std::chrono::seconds kAnswerTime{20};

std::optional<Check::State> state_of(std::string_view word) {
  if (word == "ok") {
    return Check::State::ok;
  }
  if (word == "note") {
    return Check::State::note;
  }
  return word == "problem" ? std::optional(Check::State::problem) : std::nullopt;
}

std::optional<Check> read_check(const Json& object) {
  const auto link = object.text("link");
  const auto state = state_of(object.text("state").value_or(""));
  const auto finding = object.text("finding");
  if (!link || !state || !finding) {
    return std::nullopt;
  }
  std::string remedy;
  if (const Json* lines = object.find("remedy"); lines != nullptr) {
    for (const Json& line : lines->array) {
      remedy += (remedy.empty() ? "" : "\n") + printable(line.string, kRemedyLimit);
    }
  }
  return Check{printable(*link), *state, printable(*finding, kRemedyLimit), std::move(remedy)};
}

}  // namespace

std::optional<std::vector<Check>> parse_checks(std::string_view text) {
  const Result<Json> answer = parse_json(text, {.limit = kAnswerLimit});
  const Json* list = answer ? answer->find("checks") : nullptr;
  if (list == nullptr || list->type != Json::Type::array) {
    return std::nullopt;
  }
  std::vector<Check> checks;
  for (const Json& entry : list->array) {
    std::optional<Check> check = read_check(entry);
    if (!check) {
      return std::nullopt;
    }
    checks.push_back(*std::move(check));
  }
  return checks;
}

std::vector<Check> examine_vault(Host& host, Vault& vault) {
  const std::string program = "docker-credential-" + vault.name();
  const Result<ProcessResult> done = host.run({.arguments = {program, "doctor", "--store", "--json"},
                                               .environment = {},
                                               .hidden = {},
                                               .input = {},
                                               .directory = {},
                                               .output_limit = kAnswerLimit,
                                               .time_limit = patience(host) + kAnswerTime});
  std::vector<Check> found;
  if (auto checks = done ? parse_checks(done->output.view()) : std::nullopt) {
    for (Check& check : *checks) {
      if (check.state != Check::State::ok) {
        found.push_back({"vault", check.state, program + ": " + check.finding, std::move(check.remedy)});
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
