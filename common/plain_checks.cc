// SPDX-License-Identifier: Apache-2.0
#include "common/plain_checks.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <utility>

#include "common/configure.h"
#include "common/family.h"
#include "common/file_checks.h"
#include "common/helper.h"
#include "common/migrate.h"
#include "common/plain_logins.h"
#include "common/process.h"
#include "common/protocol.h"
#include "common/server_key.h"

namespace keyberth {
namespace {

using State = Check::State;

constexpr const char* kLink = "passwords";

/// Logs out of a registry in that very file, with a client that is there; empty without one.
std::string logout_command(const Host& host, const ClientFile& file, const std::string& server) {
  if (!file.containers) {
    return "docker logout " + shell_word(server);
  }
  for (const char* client : {"podman", "skopeo", "buildah"}) {
    if (!find_program(host, client).empty()) {
      return std::string(client) + " logout --authfile " + shell_word(file.path) + " " + shell_word(server);
    }
  }
  return "";
}

/// An entry that no client can read. Docker drops logins when it rewrites a file with such a one, so the command that
/// lets it do so comes when there is nothing else to lose, and never for the empty name, by which it means Docker Hub.
Check broken_entry(const Host& host, const ClientFile& file, const PlainLogin& login, bool alone) {
  const std::string& server = login.credential.server;
  const std::string logout = alone && !server.empty() ? logout_command(host, file, server) : "";
  return {kLink, State::problem,
          "the login of " + (server.empty() ? "\"\"" : printable(server)) + " in " + printable_path(file.path) +
              " is broken (" + login.obstacle + "), " +
              (file.containers ? "which podman refuses" : "so that Docker takes the whole file for empty"),
          logout.empty() ? edit_to(host, file.path, "Take that entry out") : logout};
}

/// A login that works from here only.
Check kept_here(const ClientFile& file, const PlainLogin& login, const std::string& why) {
  const std::string& server = login.credential.server;
  return {kLink, State::note,
          "the secret of " + (server.empty() ? "\"\"" : printable(server)) + " stays in " + printable_path(file.path) +
              ", not encrypted: " + why,
          ""};
}

using Logins = std::vector<const PlainLogin*>;

/// Passwords in the file of which some helper gets the servers.
Check plain_check(const ClientFile& file, const Logins& logins, const std::string& more, std::string remedy) {
  std::string names;
  for (const PlainLogin* login : logins) {
    names += (names.empty() ? "" : ", ") + printable(login->credential.server);
  }
  return {kLink, State::problem,
          (logins.size() == 1 ? "a password stands" : std::to_string(logins.size()) + " passwords stand") + " in " +
              printable_path(file.path) + ", not encrypted" + more + ": " + names,
          std::move(remedy)};
}

/// Of these logins, the servers for which the store has one too. Whether it is another one is not known without reading
/// it, for which somebody may have to be asked.
std::string servers_in_store(const Helper& helper, const ClientFile& file, const Logins& logins) {
  const Result<std::vector<Entry>> entries = helper.store.list();
  std::string servers;
  for (const PlainLogin* login : logins) {
    const std::vector<std::string> keys = lookup_keys(kept_name(file, login->credential.server));
    const bool is_there = entries && std::any_of(entries->begin(), entries->end(), [&](const Entry& entry) {
                            return std::find(keys.begin(), keys.end(), entry.server) != keys.end();
                          });
    servers += is_there ? (servers.empty() ? "" : ", ") + printable(login->credential.server) : "";
  }
  return servers;
}

/// Whether two of the logins go to one server.
bool has_twins(const ClientFile& file, const Logins& logins) {
  for (auto it = logins.begin(); it != logins.end(); ++it) {
    const std::vector<std::string> keys = lookup_keys(kept_name(file, (*it)->credential.server));
    const auto is_twin = [&](const PlainLogin* other) {
      return std::find(keys.begin(), keys.end(), kept_name(file, other->credential.server)) != keys.end();
    };
    if (std::any_of(std::next(it), logins.end(), is_twin)) {
      return true;
    }
  }
  return false;
}

/// Passwords that this helper can take.
Check movable_check(const Helper& helper, const ClientFile& file, const Logins& logins, bool store_works) {
  const std::string servers = store_works ? servers_in_store(helper, file, logins) : "";
  if (!servers.empty()) {
    return plain_check(file, logins, "", "The store has a login too for " + servers + ".\n" + keep_commands(helper));
  }
  const std::string migrate = helper.name + " migrate";
  return plain_check(
      file, logins, "",
      store_works && has_twins(file, logins)
          ? "Two of them are for one server. If they differ, it leaves one and asks which to keep:\n  " + migrate
          : leading_here(migrate, store_works));
}

}  // namespace

std::vector<Check> examine_plain(const Helper& helper, const ClientFile& file, const HelperNames& names,
                                 std::string_view text, bool store_works) {
  const Result<std::vector<PlainLogin>> logins = plain_logins(text);
  if (!logins) {
    return {{kLink, State::problem, printable_path(file.path) + ": " + logins.error().message,
             mend_by_hand(helper.host, file.path)}};
  }
  std::map<std::string, Logins> movable;  // by the suffix of who is asked; empty is this helper
  std::vector<Check> checks;
  std::vector<Check> broken;
  for (const PlainLogin& login : *logins) {
    const std::string& server = login.credential.server;
    const std::string why = why_immovable(helper, file, login);
    const std::string asked = asked_instead(helper, file, names, server);
    if (login.broken) {
      broken.push_back(broken_entry(helper.host, file, login, logins->size() == 1));
    } else if (!why.empty()) {
      checks.push_back(kept_here(file, login, why));
    } else {
      // One that is missing is a problem of its own, and with that mended this helper is asked.
      const bool is_there = !asked.empty() && !find_program(helper.host, program_of(asked)).empty();
      movable[is_there ? asked : ""].push_back(&login);
    }
  }
  for (const auto& [asked, passwords] : movable) {
    if (asked.empty()) {
      checks.push_back(movable_check(helper, file, passwords, store_works));
    } else {
      const std::string program = program_of(asked);
      checks.push_back(plain_check(file, passwords, ", while " + client_of(file) + " asks " + printable(program),
                                   is_family(asked)
                                       ? program + " migrate"
                                       : edit_to(helper.host, file.path, "Take what is in their entries out")));
    }
  }
  for (Check& check : broken) {
    if (movable.contains("")) {  // one step at a time: with the others moved, a client can mend this one
      check.state = State::note;
      check.remedy.clear();
    }
    checks.push_back(std::move(check));
  }
  return checks;
}

}  // namespace keyberth
