// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/host.h"

namespace keyberth {

/// A Host whose environment is a map, whose clock moves only when somebody sleeps, and whose programs are scripted.
class FakeHost final : public Host {
 public:
  [[nodiscard]] std::optional<std::string> env(const std::string& name) const override {
    const auto found = variables.find(name);
    return found == variables.end() || found->second.empty() ? std::nullopt : std::optional(found->second);
  }
  [[nodiscard]] Clock::time_point now() const override { return time; }
  void sleep_until(Clock::time_point when) override { time = std::max(time, when); }
  [[nodiscard]] bool is_terminal(int descriptor) const override { return terminals.contains(descriptor); }
  [[nodiscard]] std::optional<std::string> terminal() const override { return terminal_path; }
  [[nodiscard]] Result<ProcessResult> run(const ProcessRequest& request) override {
    calls.push_back(request.arguments);
    return program ? program(request) : fail(ErrorKind::unavailable, "no program scripted");
  }
  void debug(std::string_view line) override { log.emplace_back(line); }
  void tell(std::string_view line) override { log.emplace_back(line); }

  std::map<std::string, std::string> variables;
  Clock::time_point time{std::chrono::hours(1)};
  std::set<int> terminals;
  std::optional<std::string> terminal_path;
  std::function<Result<ProcessResult>(const ProcessRequest&)> program;
  std::vector<std::vector<std::string>> calls;
  std::vector<std::string> log;
};

}  // namespace keyberth
