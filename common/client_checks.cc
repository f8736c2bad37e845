// SPDX-License-Identifier: Apache-2.0
#include "common/client_checks.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "common/client_files.h"
#include "common/config_file.h"
#include "common/configure.h"
#include "common/docker_config.h"
#include "common/family.h"
#include "common/file_checks.h"
#include "common/helper.h"
#include "common/migrate.h"
#include "common/plain_checks.h"
#include "common/plain_logins.h"
#include "common/process.h"
#include "common/protocol.h"
#include "common/report.h"
#include "common/user_checks.h"

namespace keyberth {
namespace {

using State = Check::State;

constexpr std::chrono::seconds kAnswerTime{10};
const std::string kSeeHow = "This says what mends it:\n  ";
const std::string kWorksNot = "does not work: ";

/// A helper that is of no use.
struct Useless {
  std::string why;  ///< "docker-credential-x, which is not in PATH"; empty when it runs and answers
  std::string see;  ///< the command that shows what may pass: one that hangs need not do so for ever
};

/// The helpers that files name, each tried once however often it is named.
class NamedHelpers {
 public:
  explicit NamedHelpers(Host& host) : host_(host) {}

  /// Whether that helper says its version. One of another system (a stale docker-credential-desktop.exe) is there and
  /// cannot be executed.
  const Useless& useless(const std::string& suffix) {
    const auto known = useless_.find(suffix);
    return known != useless_.end() ? known->second : useless_.emplace(suffix, look(program_of(suffix))).first->second;
  }

  /// What to say of the store of another member of the family; nothing when all is well, or it is none of them.
  const std::optional<std::string>& trouble(const std::string& suffix) {
    const auto known = troubles_.find(suffix);
    return known != troubles_.end()
               ? known->second
               : troubles_.emplace(suffix, is_family(suffix) ? ask(suffix) : std::nullopt).first->second;
  }

 private:
  [[nodiscard]] Useless look(const std::string& program) const {
    const std::string path = find_program(host_, program);
    if (path.empty()) {
      return {printable_path(program) + ", which is not in PATH", ""};
    }
    ProcessRequest request;
    request.arguments = {path, "version"};
    request.time_limit = kAnswerTime;
    const Result<ProcessResult> run = host_.run(request);
    constexpr int kCannotExecute = 127;
    if (!run && run.error().kind == ErrorKind::timed_out) {
      return {printable_path(path) + ", which does not answer", shell_word(path) + " version"};
    }
    return {!run || run->exit_code == kCannotExecute ? printable_path(path) + ", which cannot be run" : "", ""};
  }

  [[nodiscard]] std::optional<std::string> ask(const std::string& suffix) const {
    const auto checks = ask_doctor(host_, program_of(suffix), kAnswerTime);
    if (!checks) {
      return checks.error().kind == ErrorKind::timed_out ? kWorksNot + checks.error().message
                                                         : ask_older(program_of(suffix));
    }
    const auto found = std::find_if(checks->begin(), checks->end(),
                                    [](const Check& check) { return check.state == Check::State::problem; });
    if (found == checks->end()) {
      return std::nullopt;
    }
    return (works(*checks) ? "has a problem: " : kWorksNot) + found->finding;
  }

  /// An older helper of the same name knows no doctor. It is asked for a login that nobody has: prompts for nothing,
  /// and says what is wrong with its store.
  [[nodiscard]] std::optional<std::string> ask_older(const std::string& program) const {
    ProcessRequest request;
    request.arguments = {program, "get"};
    request.input = "doctor.keyberth.invalid";
    request.time_limit = kAnswerTime;
    const Result<ProcessResult> run = host_.run(request);
    if (!run || run->exit_code == 0 || run->output.view().find(kNotFound) != std::string_view::npos) {
      return run ? std::nullopt : std::optional(kWorksNot + run.error().message);
    }
    const std::string_view said = run->output.view();
    return kWorksNot + printable(said.substr(0, said.find('\n')));
  }

  Host& host_;
  std::map<std::string, Useless> useless_;
  std::map<std::string, std::optional<std::string>> troubles_;
};

/// What docker does without any setting: it takes pass when a program of that name is there, else secretservice, if
/// that helper is installed; docker/cli, cli/config/credentials/default_store_linux.go.
std::string detected(const Host& host) {
  const char* suffix = find_program(host, "pass").empty() ? "secretservice" : "pass";
  return find_program(host, program_of(suffix)).empty() ? "" : suffix;
}

Check no_helper_check(const Helper& helper, const std::string& path, std::string_view text, bool store_works) {
  const std::string suffix = suffix_of(helper.name);
  const std::string taken = knows_servers(text) ? "" : detected(helper.host);
  if (taken == suffix) {
    return {"credsStore", State::ok,
            "docker takes " + suffix + " by itself, for " + printable_path(path) + " names no helper", ""};
  }
  const std::string none = printable_path(path) + " names no helper: docker ";
  if (taken.empty()) {
    return {"credsStore", State::problem, none + "writes passwords into it in plain text",
            leading_here(helper.name + " configure", store_works)};
  }
  return {"credsStore", store_works ? State::problem : State::note, none + "takes " + taken + " by itself",
          store_works ? helper.name + " configure" : ""};
}

/// What to do about a helper that is of no use; `take_over` names this one instead.
std::string way_out(const Useless& it, const std::string& take_over, bool store_works) {
  if (it.see.empty()) {
    return leading_here(take_over, store_works);
  }
  return "See what it waits for:\n  " + it.see + (store_works ? "\nOr keep logins here:\n  " + take_over : "");
}

Check store_check(const Helper& helper, NamedHelpers& named, const std::string& path, const std::string& text,
                  const HelperNames& names, bool store_works) {
  const std::string suffix = suffix_of(helper.name);
  const bool for_some = std::any_of(names.registries.begin(), names.registries.end(),
                                    [&](const auto& entry) { return entry.second == suffix; });
  if (names.store == suffix) {
    return {"credsStore", State::ok, suffix + ", in " + printable_path(path), ""};
  }
  if (!names.store.empty()) {
    const Useless& useless = named.useless(names.store);
    if (!useless.why.empty()) {
      return {"credsStore", State::problem, printable_path(path) + " sends docker to " + useless.why,
              way_out(useless, helper.name + " configure", store_works)};
    }
  }
  const std::string program = program_of(names.store);
  if (const auto& trouble = named.trouble(names.store)) {
    return {
        "credsStore", State::problem, "docker keeps logins with " + program + ", which " + *trouble,
        kSeeHow + program + " doctor" + (store_works ? "\nOr keep them here:\n  " + helper.name + " configure" : "")};
  }
  if (for_some) {
    return {"credsStore", State::ok, (names.store.empty() ? "none" : printable(names.store)) + "; see credHelpers", ""};
  }
  if (names.store.empty()) {
    return no_helper_check(helper, path, text, store_works);
  }
  return {"credsStore", State::note, "docker keeps logins with " + program_of(printable(names.store)) + ", not here",
          store_works ? "If you want them here:\n  " + helper.name + " configure" : ""};
}

void check_registries(const Helper& helper, NamedHelpers& named, const ClientFile& file, const HelperNames& names,
                      bool store_works, std::vector<Check>& checks) {
  const std::string suffix = suffix_of(helper.name);
  std::string ours;
  for (const auto& [registry, name] : names.registries) {
    if (name == suffix) {
      ours += (ours.empty() ? "" : ", ") + printable(registry);
      continue;
    }
    if (name.empty()) {
      continue;
    }
    const Useless& useless = named.useless(name);
    if (!useless.why.empty()) {
      checks.push_back({"credHelpers", State::problem,
                        printable_path(file.path) + " sends " + printable(registry) + " to " + useless.why,
                        way_out(useless, configure_command(helper, file, registry), store_works)});
    } else if (const auto& trouble = named.trouble(name)) {
      checks.push_back({"credHelpers", State::problem,
                        printable_path(file.path) + " sends " + printable(registry) + " to " + program_of(name) +
                            ", which " + *trouble,
                        kSeeHow + program_of(name) + " doctor"});
    }
  }
  if (!ours.empty()) {
    checks.push_back({"credHelpers", State::ok, suffix + " for " + ours + ", in " + printable_path(file.path), ""});
  }
}

/// A key in credHelpers under which no client looks.
void check_names(const Helper& helper, const ClientFile& file, const HelperNames& names, std::vector<Check>& checks) {
  for (const auto& [registry, name] : names.registries) {
    const std::string asked = registry_name(registry, file.containers);
    if (name == suffix_of(helper.name) && asked != registry && !names.registries.contains(asked)) {
      checks.push_back({"credHelpers", State::problem,
                        (file.containers ? "podman never asks for " : "docker never asks for ") + printable(registry) +
                            ", but for " + printable(asked),
                        configure_command(helper, file, asked)});
    }
  }
}

}  // namespace

std::vector<Check> examine_clients(const Helper& helper, bool store_works) {
  const Result<std::vector<ClientFile>> files = client_files(helper.host);
  if (!files) {
    return {{"config.json", State::problem, files.error().message, kSetHome}};
  }
  std::vector<Check> checks;
  NamedHelpers named(helper.host);
  for (const ClientFile& file : *files) {
    const Result<std::string> text = read_config_file(file.path);
    if (auto check = examine_file(helper.host, file, text)) {
      checks.push_back(std::move(*check));
      continue;
    }
    const Result<HelperNames> names = configured_helpers(*text);
    if (!names) {  // a setting twice, of which Docker takes the last
      checks.push_back({file.containers ? "auth.json" : "config.json", State::problem,
                        printable_path(file.path) + ": " + names.error().message,
                        edit_command(helper.host, file.path)});
      continue;
    }
    if (!file.containers) {
      checks.push_back(store_check(helper, named, file.path, *text, *names, store_works));
    }
    check_registries(helper, named, file, *names, store_works, checks);
    check_names(helper, file, *names, checks);
    std::vector<Check> plain = examine_plain(helper, file, *names, *text, store_works);
    std::move(plain.begin(), plain.end(), std::back_inserter(checks));
    const std::string backup = backup_path(file.path);
    if (access(backup.c_str(), F_OK) == 0) {
      checks.push_back({"passwords", State::problem, "a migrate that was killed has left " + printable_path(backup),
                        leading_here(helper.name + " migrate", store_works)});
    }
  }
  return checks;
}

}  // namespace keyberth
