// SPDX-License-Identifier: Apache-2.0
#include "common/report.h"

#include <algorithm>
#include <string_view>

#include "common/json.h"
#include "common/protocol.h"
#include "common/split.h"

namespace keyberth {
namespace {

constexpr std::size_t kLineLimit = 5000;  // commands with long paths must stay whole

struct Word {
  const char* json;
  const char* text;
  const char* colour;  ///< ECMA-48, SGR
};

Word word_for(Check::State state) {
  switch (state) {
    case Check::State::ok:
      return {"ok", "ok     ", "\033[32m"};
    case Check::State::note:
      return {"note", "note   ", "\033[33m"};
    case Check::State::problem:
      break;
  }
  return {"problem", "problem", "\033[31m"};
}

}  // namespace

bool all_well(const std::vector<Check>& checks) {
  return std::none_of(checks.begin(), checks.end(),
                      [](const Check& check) { return check.state == Check::State::problem; });
}

bool works(const std::vector<Check>& checks) {
  return std::any_of(checks.begin(), checks.end(), [](const Check& check) {
    return check.link == kRoundTrip && check.state != Check::State::problem;
  });
}

std::string report_text(const Report& report, bool colour) {
  std::string text = printable(report.helper) + " " + printable(report.version) + "\n";
  std::size_t problems = 0;
  for (const Check& check : report.checks) {
    const Word word = word_for(check.state);
    problems += check.state == Check::State::problem ? 1U : 0U;
    text += "  ";
    text += colour ? word.colour + std::string(word.text) + "\033[0m" : word.text;
    text += "  " + printable(check.link) + ": " + printable(check.finding, kLineLimit) + "\n";
    for (const std::string_view line : split_nonempty(check.remedy, '\n')) {
      text += "             " + printable(line, kLineLimit) + "\n";
    }
  }
  const char* outcome = problems == 0   ? "All is well.\n"
                        : problems == 1 ? "1 problem; what mends it stands beneath.\n"
                                        : " problems; what mends each stands beneath.\n";
  return text + (problems > 1 ? std::to_string(problems) : "") + outcome;
}

std::string report_json(const Report& report) {
  std::string text = std::string(R"({"ok":)") + (all_well(report.checks) ? "true" : "false") + R"(,"helper":)" +
                     write_json_string(report.helper) + R"(,"version":)" + write_json_string(report.version) +
                     R"(,"checks":[)";
  for (const Check& check : report.checks) {
    text += text.ends_with('[') ? "" : ",";
    text += R"({"link":)" + write_json_string(check.link) + R"(,"state":")" + word_for(check.state).json +
            R"(","finding":)" + write_json_string(check.finding) + R"(,"remedy":[)";
    std::string remedy;
    for (const std::string_view line : split_nonempty(check.remedy, '\n')) {
      remedy += (remedy.empty() ? "" : ",") + write_json_string(line);
    }
    text += remedy + "]}";
  }
  return text + "]}\n";
}

}  // namespace keyberth
