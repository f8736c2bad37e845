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
#include "common/registries_conf.h"
#include "common/report.h"
#include "common/user_checks.h"

namespace keyberth {
namespace {

using State = Check::State;

constexpr std::chrono::seconds kAnswerTime{10};
constexpr const char* kForContainers = "credential-helpers";
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

  /// Whether that one is fit to keep logins.
  bool good(const std::string& suffix) {
    return !suffix.empty() && useless(suffix).why.empty() && !trouble(suffix, true);
  }

  /// What to say of the store of another helper; nothing when all is well. One that is none of the family is asked only
  /// when it has to answer for all registries: those of the clouds need none of other hosts.
  std::optional<std::string> trouble(const std::string& suffix, bool for_all) {
    if (suffix.empty() || (!for_all && !is_family(suffix))) {
      return std::nullopt;
    }
    const auto known = troubles_.find(suffix);
    return known != troubles_.end() ? known->second : troubles_.emplace(suffix, ask(suffix)).first->second;
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
    if (!is_family(suffix)) {
      return ask_as_client(program_of(suffix));
    }
    const auto checks = ask_doctor(host_, program_of(suffix), kAnswerTime);
    if (!checks) {
      return checks.error().kind == ErrorKind::timed_out ? kWorksNot + checks.error().message
                                                         : ask_as_client(program_of(suffix));
    }
    const auto found = std::find_if(checks->begin(), checks->end(),
                                    [](const Check& check) { return check.state == Check::State::problem; });
    if (found == checks->end()) {
      return std::nullopt;
    }
    return (works(*checks) ? "has a problem: " : kWorksNot) + found->finding;
  }

  /// Others, and older helpers of the same names, know no doctor. They are asked for a login that nobody has: prompts
  /// for nothing, and says what is wrong with the store.
  [[nodiscard]] std::optional<std::string> ask_as_client(const std::string& program) const {
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

/// What docker does with a file that names no helper and knows no server yet: it takes pass when a program of that name
/// is there, else secretservice, if that helper is installed; docker/cli,
/// cli/config/credentials/default_store_linux.go.
std::string taken_by_itself(const Host& host, std::string_view text) {
  const char* suffix = find_program(host, "pass").empty() ? "secretservice" : "pass";
  return knows_servers(text) || find_program(host, program_of(suffix)).empty() ? "" : suffix;
}

/// Docker's file names no helper for all registries.
Check no_helper_check(const Helper& helper, const std::string& path, std::string_view text, bool store_works) {
  const std::string suffix = suffix_of(helper.name);
  const std::string taken = taken_by_itself(helper.host, text);
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

/// Where more is said about a store that does not work.
std::string see_how(const std::string& suffix) {
  const std::string program = program_of(suffix);
  return is_family(suffix)
             ? "This says what mends it:\n  " + program + " doctor"
             : "This is what it says to everybody:\n  echo registry.example.com | " + shell_word(program) + " get";
}

/// What to do about a helper that is of no use; `take_over` names this one instead.
std::string way_out(const Useless& it, const std::string& take_over, bool store_works) {
  if (it.see.empty()) {
    return leading_here(take_over, store_works);
  }
  return "See what it waits for:\n  " + it.see + (store_works ? "\nOr keep logins here:\n  " + take_over : "");
}

/// The setting of one client for all registries.
struct ForAll {
  ClientFile file;  ///< names the helper, or would
  const char* link;
  std::string suffix;     ///< of the helper; empty without one
  bool has_some = false;  ///< this helper is named for some registries
};

/// `none` is what to say where the setting is missing.
Check store_check(const Helper& helper, NamedHelpers& named, const ForAll& setting, const Check& none,
                  bool store_works) {
  const std::string client = client_of(setting.file);
  const std::string configure = configure_command(helper, setting.file);
  if (setting.suffix == suffix_of(helper.name)) {
    return {setting.link, State::ok, setting.suffix + ", in " + printable_path(setting.file.path), ""};
  }
  if (!setting.suffix.empty()) {
    const Useless& useless = named.useless(setting.suffix);
    if (!useless.why.empty()) {
      return {setting.link, State::problem,
              printable_path(setting.file.path) + " sends " + client + " to " + useless.why,
              way_out(useless, configure, store_works)};
    }
  }
  const std::string program = printable(program_of(setting.suffix));
  if (const auto trouble = named.trouble(setting.suffix, true)) {
    return {setting.link, State::problem, client + " keeps logins with " + program + ", which " + *trouble,
            see_how(setting.suffix) + (store_works ? "\nOr keep them here:\n  " + configure : "")};
  }
  if (setting.has_some) {
    return {setting.link, State::ok,
            (setting.suffix.empty() ? "none" : printable(setting.suffix)) + "; see credHelpers", ""};
  }
  if (setting.suffix.empty()) {
    return none;
  }
  return {setting.link, State::note, client + " keeps logins with " + program + ", not here",
          store_works ? "If you want them here:\n  " + configure : ""};
}

bool names_for_some(const Helper& helper, const HelperNames& names) {
  return std::any_of(names.registries.begin(), names.registries.end(),
                     [&](const auto& entry) { return entry.second == suffix_of(helper.name); });
}

/// What registries.conf says, with all files' helpers; who has docker too may use podman for nothing that needs a
/// login.
Check containers_check(const Helper& helper, NamedHelpers& named, bool has_some, bool store_works) {
  const Result<RegistriesConf> conf = registries_conf(helper.host);
  if (!conf) {
    return problem(kForContainers, conf.error());
  }
  ForAll setting{{conf->path, true}, kForContainers, "", has_some};
  for (const std::string& suffix : conf->helpers) {  // with one that fails, no registry without a login is served
    const bool is_worse = !named.useless(suffix).why.empty() ||
                          (suffix != suffix_of(helper.name) && named.trouble(suffix, true).has_value());
    if (setting.suffix.empty() || is_worse || suffix == suffix_of(helper.name)) {
      setting.suffix = suffix;
    }
    if (is_worse) {
      break;
    }
  }
  const Check none{kForContainers, find_program(helper.host, "docker").empty() ? State::problem : State::note,
                   "no registries.conf names a helper: podman writes passwords into auth.json in plain text",
                   leading_here(configure_command(helper, setting.file), store_works)};
  return store_check(helper, named, setting, none, store_works);
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
    } else if (const auto trouble = named.trouble(name, false)) {
      checks.push_back({"credHelpers", State::problem,
                        printable_path(file.path) + " sends " + printable(registry) + " to " + program_of(name) +
                            ", which " + *trouble,
                        see_how(name)});
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
                        client_of(file) + " never asks for " + printable(registry) + ", but for " + printable(asked),
                        configure_command(helper, file, asked)});
    }
  }
}

/// Where clients keep logins for all registries.
struct Use {
  Use(const Helper& a_helper, NamedHelpers& a_named) : helper(a_helper), named(a_named) {}

  void note(const std::string& suffix) {
    here = here || suffix == suffix_of(helper.name);
    elsewhere = elsewhere || named.good(suffix);
  }

  const Helper& helper;
  NamedHelpers& named;
  bool here = false;       ///< with this helper
  bool elsewhere = false;  ///< with another one, which works
};

}  // namespace

ClientChecks examine_clients(const Helper& helper, bool store_works) {
  const Result<std::vector<ClientFile>> files = client_files(helper.host);
  if (!files) {
    return {{{"config.json", State::problem, files.error().message, kSetHome}}};
  }
  std::vector<Check> checks;
  NamedHelpers named(helper.host);
  Use use(helper, named);
  bool for_some = false;  // of podman's, in a file that stays
  for (const ClientFile& file : *files) {
    const Result<std::string> text = read_config_file(file.path);
    if (auto check = examine_file(helper.host, file, text)) {
      checks.push_back(std::move(*check));
      continue;
    }
    const Result<HelperNames> names = asked_helpers(helper.host, file, *text);
    if (!names) {  // a setting twice, of which Docker takes the last
      checks.push_back({file.containers ? "auth.json" : "config.json", State::problem,
                        printable_path(file.path) + ": " + names.error().message,
                        mend_by_hand(helper.host, file.path)});
      continue;
    }
    use.note(names->store.empty() && !file.containers ? taken_by_itself(helper.host, *text) : names->store);
    use.here = use.here || names_for_some(helper, *names);
    std::vector<Check> of_file;
    if (!file.containers) {
      const ForAll setting{file, "credsStore", names->store, names_for_some(helper, *names)};
      of_file.push_back(
          store_check(helper, named, setting, no_helper_check(helper, file.path, *text, store_works), store_works));
    }
    for_some = for_some || (file.containers && !file.fleeting && names_for_some(helper, *names));
    check_registries(helper, named, file, *names, store_works, of_file);
    check_names(helper, file, *names, of_file);
    std::vector<Check> plain = examine_plain(helper, file, *names, *text, store_works);
    std::move(plain.begin(), plain.end(), std::back_inserter(of_file));
    const std::string backup = backup_path(file.path);
    if (access(backup.c_str(), F_OK) == 0) {
      of_file.push_back({"passwords", State::problem, "a migrate that was killed has left " + printable_path(backup),
                         leading_here(helper.name + " migrate", store_works)});
    }
    examine_change(helper.host, file, of_file);
    std::move(of_file.begin(), of_file.end(), std::back_inserter(checks));
  }
  if (clients_of(helper.host).containers) {
    const Result<RegistriesConf> conf = registries_conf(helper.host);
    for (const std::string& suffix : conf ? conf->helpers : std::vector<std::string>()) {
      use.note(suffix);
    }
    std::vector<Check> of_conf{containers_check(helper, named, for_some, store_works)};
    if (const Result<std::string> own = own_registries_conf(helper.host)) {
      examine_change(helper.host, {*own, true}, of_conf);
      of_conf.front().link = kForContainers;
    }
    std::move(of_conf.begin(), of_conf.end(), std::back_inserter(checks));
  }
  return {std::move(checks), use.elsewhere && !use.here};
}

}  // namespace keyberth
