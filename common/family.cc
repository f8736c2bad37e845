// SPDX-License-Identifier: Apache-2.0
#include "common/family.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <future>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/client_files.h"
#include "common/helper.h"
#include "common/json.h"
#include "common/process.h"
#include "common/protocol.h"
#include "common/report.h"
#include "common/self.h"
#include "common/split.h"

namespace keyberth {
namespace {

/// In the order in which we would take them: a keyring that opens with the session, then files, then what a reboot
/// clears. The oauth helper keeps what it has in one of the others.
constexpr std::array kStores{"secretservice", "pass", "keyctl"};
constexpr const char* kOnTop = "oauth";
constexpr std::chrono::seconds kAnswerTime{40};
constexpr int kNotLoaded = 127;  ///< the dynamic loader's exit code; dl_fatal_printf() of the GNU C library
constexpr std::chrono::milliseconds kSilence{1500};  ///< after this a person is told who is being waited for
constexpr std::size_t kAnswerLimit = std::size_t{256} * 1024;
constexpr std::size_t kLineLimit = 5000;
constexpr const char* kIndent = "                      ";

struct Member {
  std::string suffix;
  std::vector<Check> checks;
};

/// A library is missing, as in a container; the first line on standard error names it, after the program.
Error not_loaded(const std::string& program, const std::string& said) {
  std::string why = said.substr(0, said.find('\n'));
  if (why.starts_with(program + ": ")) {
    why.erase(0, program.size() + 2);
  }
  const std::string name = program.substr(program.rfind('/') + 1);
  return {ErrorKind::unavailable, printable_path(program) + " does not start: " + printable(why),
          "sudo apt install " +
              (name == program_of("secretservice") ? "libsecret-1-0" : "--reinstall ./" + name + "_*.deb")};
}

/// Advice without the command that is being run, and without the line that leads to it.
std::string without_this_command(std::string_view remedy) {
  std::vector<std::string_view> kept;
  for (const std::string_view line : split(remedy, '\n')) {
    if (!line.ends_with(" doctor --all")) {
      kept.push_back(line);
    } else if (!kept.empty() && kept.back().ends_with(':')) {
      kept.pop_back();
    }
  }
  std::string text;
  for (const std::string_view line : kept) {
    text.append(text.empty() ? "" : "\n").append(line);
  }
  return text;
}

Member ask(const Helper& helper, const std::string& suffix) {
  const std::string program = program_of(suffix);
  std::string path = own_folder() + "/" + program;
  path = access(path.c_str(), X_OK) == 0 ? path : find_program(helper.host, program);
  if (path.empty()) {
    return {suffix, {{"program", Check::State::problem, "not installed", install_command(program)}}};
  }
  Result<std::vector<Check>> checks = ask_doctor(helper.host, path, kAnswerTime);
  Member member{suffix, checks ? *std::move(checks) : std::vector{problem("program", checks.error())}};
  for (Check& check : member.checks) {
    check.remedy = without_this_command(check.remedy);
  }
  return member;
}

/// Side by side, for each may wait for somebody who does not answer. In the order of the names.
std::vector<Member> ask_all(const Helper& helper, std::span<const char* const> suffixes) {
  std::vector<std::future<Member>> answers;
  for (const char* suffix : suffixes) {
    answers.push_back(std::async(std::launch::async, ask, std::cref(helper), suffix));
  }
  const auto quiet_until = std::chrono::steady_clock::now() + kSilence;
  std::string late;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (answers[i].wait_until(quiet_until) != std::future_status::ready) {
      late += (late.empty() ? "" : ", ") + program_of(suffixes[i]);
    }
  }
  if (!late.empty()) {
    helper.host.tell("waiting for " + late + " ...");
  }
  std::vector<Member> members;
  std::transform(answers.begin(), answers.end(), std::back_inserter(members),
                 [](auto& answer) { return answer.get(); });
  return members;
}

/// What to say of a member in its line: why the round trip failed, else the first problem, else the first note.
const Check* reason(const Member& member) {
  const Check* last = member.checks.empty() ? nullptr : &member.checks.back();
  if (last != nullptr && last->link == kRoundTrip && last->state == Check::State::problem) {
    return last;
  }
  for (const Check::State state : {Check::State::problem, Check::State::note}) {
    const auto found = std::find_if(member.checks.begin(), member.checks.end(),
                                    [&](const Check& check) { return check.state == state; });
    if (found != member.checks.end()) {
      return &*found;
    }
  }
  return nullptr;
}

std::string row(const Member& member) {
  std::string name = member.suffix;
  name.resize(15, ' ');
  std::string text = name + (works(member.checks) ? "yes    " : "no     ");
  const Check* why = reason(member);
  if (why == nullptr) {
    text.erase(text.find_last_not_of(' ') + 1);
    return text + "\n";
  }
  text += printable(why->finding, kLineLimit) + "\n";
  if (why->state == Check::State::problem) {
    for (const std::string_view line : split(why->remedy, '\n')) {
      text += kIndent + ("  " + printable(line, kLineLimit)) + "\n";
    }
  }
  return text;
}

std::string as_json(const std::vector<Member>& members, const std::string& take) {
  std::string text = std::string(R"({"ok":)") + (take.empty() ? "false" : "true") + R"(,"take":)" +
                     (take.empty() ? "null" : write_json_string(take)) + R"(,"members":[)";
  for (const Member& member : members) {
    text += text.ends_with('[') ? "" : ",";
    std::string report = report_json({program_of(member.suffix), KEYBERTH_VERSION, member.checks});
    report.pop_back();
    text += report;
  }
  return text + "]}\n";
}

}  // namespace

Result<std::vector<Check>> ask_doctor(Host& host, const std::string& program, std::chrono::milliseconds time_limit) {
  ProcessRequest request;
  request.arguments = {program, "doctor", "--store", "--json"};
  request.output_limit = kAnswerLimit;
  request.time_limit = time_limit;
  Result<ProcessResult> run = host.run(request);
  if (!run) {
    return pass_on(std::move(run));
  }
  if (run->exit_code == kNotLoaded && !run->errors.empty()) {
    return tl::unexpected(not_loaded(program, run->errors));
  }
  std::optional<Report> report = parse_report(run->output.view());
  if (!report) {
    const std::string name = program.substr(program.rfind('/') + 1);
    return fail(ErrorKind::unavailable,
                printable_path(program) + " is another program of that name, or an older version",
                is_family(suffix_of(name)) ? install_command(name) : shell_word(program) + " --version");
  }
  return std::move(report->checks);
}

bool is_family(std::string_view suffix) {
  return suffix == kOnTop || std::find(kStores.begin(), kStores.end(), suffix) != kStores.end();
}

CommandOutput examine_family(const Helper& helper, bool json) {
  std::vector<Member> members = ask_all(helper, kStores);
  const auto taken =
      std::find_if(members.begin(), members.end(), [](const Member& member) { return works(member.checks); });
  const std::string take = taken == members.end() ? "" : taken->suffix;
  // After the others, whose logins come and go while it tries itself out.
  std::ranges::move(ask_all(helper, {&kOnTop, 1}), std::back_inserter(members));
  if (json) {
    return {as_json(members, take), !take.empty()};
  }
  std::string text = "helper         works  why not, and what mends it\n";
  for (const Member& member : members) {
    text += row(member);
  }
  text += take.empty() ? "\nNone of the stores works here yet; mend one of them.\n"
                       : "\nTake " + take + ": " + program_of(take) + " configure\n";
  return {text, !take.empty()};
}

}  // namespace keyberth
