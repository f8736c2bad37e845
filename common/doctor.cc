// SPDX-License-Identifier: Apache-2.0
#include "common/doctor.h"

#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/client_checks.h"
#include "common/family.h"
#include "common/helper.h"
#include "common/protocol.h"
#include "common/report.h"
#include "common/user_checks.h"

namespace keyberth {
namespace {

constexpr const char* kUser = "keyberth-doctor";

struct Options {
  bool json = false;
  bool store_only = false;
  bool all = false;
};

Result<Options> parse_options(const Helper& helper, const std::vector<std::string>& arguments) {
  Options options;
  const auto wrong = [&](const std::string& message) {
    return fail(ErrorKind::usage, message, "usage: " + helper.name + " doctor [--all | --store] [--json]");
  };
  for (const std::string& argument : arguments) {
    if (argument == "--json") {
      options.json = true;
    } else if (argument == "--store") {
      options.store_only = true;
    } else if (argument == "--all") {
      options.all = true;
    } else {
      return wrong("doctor does not know " + printable(argument));
    }
  }
  if (options.all && options.store_only) {
    return wrong("--all asks each helper about its store, and --store this one: give one of them");
  }
  return options;
}

/// A login that can belong to nobody (RFC 2606 keeps .invalid free), one for each process.
Credential probe() {
  const std::string id = std::to_string(getpid());
  return {"doctor-" + id + ".keyberth.invalid", kUser, Secret("probe-" + id)};
}

std::vector<Check> examine_store(const Helper& helper) {
  std::vector<Check> checks = helper.examine ? helper.examine() : std::vector<Check>();
  const bool done =
      std::any_of(checks.begin(), checks.end(), [](const Check& check) { return check.link == kRoundTrip; });
  if (may_try(checks) && !done) {
    checks.push_back(round_trip(helper.store));
  }
  return checks;
}

/// Of a store that nobody uses: no login fails because of it.
void soften(std::vector<Check>& checks) {
  for (Check& check : checks) {
    check.state = check.state == Check::State::problem ? Check::State::note : check.state;
  }
}

}  // namespace

Check round_trip(Store& store) {
  const Credential login = probe();
  const std::vector<std::string> keys{login.server};
  if (Result<> stored = store.store(login); !stored) {
    return problem(kRoundTrip, stored.error());
  }
  const Result<Credential> found = store.get(keys);
  const Result<> erased = store.erase(keys);
  if (!found) {
    return problem(kRoundTrip, found.error());
  }
  if (!same_login(*found, login)) {
    return {kRoundTrip, Check::State::problem, "a login that was stored came back changed", ""};
  }
  return erased ? Check{kRoundTrip, Check::State::ok, "a login made for this was stored, read and removed", ""}
                : problem(kRoundTrip, erased.error());
}

bool may_try(const std::vector<Check>& checks) {
  return std::none_of(checks.begin(), checks.end(),
                      [](const Check& check) { return check.state == Check::State::problem && !check.single; });
}

Check problem(std::string link, const Error& error) {
  return {std::move(link), Check::State::problem, error.message, error.hint};
}

std::vector<Check> examine_chain(const Helper& helper) {
  std::vector<Check> checks{examine_program(helper)};
  std::vector<Check> user = examine_user(helper.host);
  const bool is_own_home = all_well(user);
  std::move(user.begin(), user.end(), std::back_inserter(checks));
  if (!is_own_home) {
    return checks;
  }
  std::vector<Check> store = examine_store(helper);
  const bool store_works = works(store);
  ClientChecks clients = examine_clients(helper, store_works);
  if (clients.elsewhere) {
    soften(store);
  }
  // The commands are taken from top to bottom, and those of the clients' files need the store.
  for (std::vector<Check>* part : {store_works ? &clients.checks : &store, store_works ? &store : &clients.checks}) {
    std::move(part->begin(), part->end(), std::back_inserter(checks));
  }
  return checks;
}

Result<CommandOutput> doctor(const Helper& helper, const std::vector<std::string>& arguments) {
  const Result<Options> options = parse_options(helper, arguments);
  if (!options) {
    return tl::unexpected(options.error());
  }
  if (options->all) {
    return examine_family(helper, options->json);
  }
  const Report report{helper.name, KEYBERTH_VERSION,
                      options->store_only ? examine_store(helper) : examine_chain(helper)};
  const bool colour = helper.host.is_terminal(STDOUT_FILENO) && !helper.host.env("NO_COLOR");
  return CommandOutput(options->json ? report_json(report) : report_text(report, colour), all_well(report.checks));
}

}  // namespace keyberth
