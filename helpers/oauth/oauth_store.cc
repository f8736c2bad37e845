// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/oauth_store.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <random>
#include <utility>

#include "common/protocol.h"
#include "common/server_key.h"
#include "helpers/oauth/answer.h"
#include "helpers/oauth/config_place.h"
#include "helpers/oauth/interactive.h"
#include "helpers/oauth/known.h"
#include "helpers/oauth/logins.h"
#include "helpers/oauth/net_program.h"
#include "helpers/oauth/session_lock.h"

namespace keyberth::oauth {
namespace {

/// Clients wait no longer than 30 s for a helper (testcontainers), and a get shall end within 20.
constexpr std::chrono::seconds kRenewTime{18};
constexpr std::chrono::seconds kEraseWait{20};

double jitter() {
  std::random_device device;
  return std::uniform_real_distribution<double>(0, 1)(device);
}

tl::unexpected<Error> not_found() { return fail(ErrorKind::not_found, std::string(kNotFound)); }

std::string login_hint(const std::string& registry) { return "log in again: " + login_command(registry); }

/// Whether a failure says nothing about the login itself, so that what is still good may serve.
bool is_passing(const Error& error) {
  return error.kind == ErrorKind::unavailable || error.kind == ErrorKind::timed_out ||
         error.kind == ErrorKind::internal;
}

}  // namespace

struct OauthStore::Place {
  Config config;
  Vault vault;
  std::string registry;        ///< empty for keys that are no registry address
  const Rule* rule = nullptr;  ///< in `config`; null: passed through to the vault
};

OauthStore::OauthStore(Host& host) : OauthStore(host, [] { return std::time(nullptr); }, {}) {}

OauthStore::OauthStore(Host& host, Time time, std::string net_program)
    : host_(host), time_(std::move(time)), net_program_(std::move(net_program)) {}

Result<VaultChoice> OauthStore::vault(const std::string& configured) {
  if (!found_vault_ || found_vault_->first != configured) {
    Result<VaultChoice> choice = find_vault(host_, configured);
    if (!choice) {
      return choice;
    }
    found_vault_.emplace(configured, *std::move(choice));
  }
  return found_vault_->second;
}

Result<OauthStore::Place> OauthStore::locate(const std::string& server) {
  Result<Config> config = load_config(host_);
  if (!config) {
    return pass_on(std::move(config));
  }
  Result<VaultChoice> choice = vault(config->vault);
  if (!choice) {
    return pass_on(std::move(choice));
  }
  Place place{std::move(*config), std::move(choice->vault), registry_host(server).value_or(""), nullptr};
  // The rules stay where they are in memory when the Place is moved.
  place.rule = place.registry.empty() ? nullptr : find_rule(place.config, place.registry);
  return place;
}

Result<Credential> OauthStore::answer(const std::string& server, const Rule& rule, const Session::Minted& minted) {
  // R4: both end up in a header; R9: a colon would end the user name.
  constexpr std::string_view kBreaks{"\r\n\0", 3};
  if (minted.secret.view().find_first_of(kBreaks) != std::string_view::npos || minted.username.empty() ||
      minted.username.find(':') != std::string::npos) {
    return fail(ErrorKind::damaged, "the stored credential of " + printable(server) + " cannot be used",
                login_hint(printable(server)));
  }
  return Credential{server, rule.answer_token ? "<token>" : minted.username, Secret(minted.secret.view())};
}

Result<Credential> OauthStore::get(std::span<const std::string> keys) {
  const std::string& server = keys.front();
  if (is_private(server)) {
    return not_found();  // sessions are not for clients
  }
  Result<Place> place = locate(server);
  if (!place) {
    return pass_on(std::move(place));
  }
  if (place->rule == nullptr) {
    return place->vault.get(server);
  }
  Result<Credential> found = look_up(server, *place);
  const bool login_helps =
      !found && (found.error().kind == ErrorKind::not_found || found.error().kind == ErrorKind::locked);
  if (login_helps && may_ask(host_, place->config)) {
    const Result<std::string> program = net_program_.empty() ? net_program() : net_program_;
    const auto is_logged_in = [&] { return look_up(server, *place).has_value(); };
    if (program && log_in_at_terminal(host_, *program, session_key(*place->rule, place->registry), place->registry,
                                      is_logged_in)) {
      return look_up(server, *place);
    }
  }
  return found;
}

/// Of a registry with a rule, without asking anybody.
Result<Credential> OauthStore::look_up(const std::string& server, Place& place) {
  const Rule& rule = *place.rule;
  const Result<Session> session = place.vault.load(session_key(rule, place.registry));
  if (session ? session->is_logged_out(place.registry) : session.error().kind == ErrorKind::not_found) {
    return not_logged_in(server, place);
  }
  if (!session && session.error().kind == ErrorKind::damaged) {
    return fail(ErrorKind::damaged, session.error().message, login_hint(place.registry));
  }
  if (!session) {
    return tl::unexpected(session.error());
  }
  if (!session->dead.empty()) {
    return fail(ErrorKind::locked, "the login to " + place.registry + " " + has_ended(*session),
                login_hint(place.registry));
  }
  const Session::Minted* minted = session->find(place.registry);
  if (minted != nullptr && belongs(*session, rule) && freshness(*minted, time_(), jitter()) == Freshness::fresh) {
    host_.debug("get: the credential of " + place.registry + " is fresh");
    return answer(server, rule, *minted);
  }
  return renew(server, place, *session);
}

Result<Credential> OauthStore::renew(const std::string& server, const Place& place, const Session& session) {
  const Result<Session::Minted> renewed = ask_net(place.registry);
  if (renewed) {
    if (Result<> known = remember_login(
            host_, {place.registry, renewed->username, place.vault.name(), session_key(*place.rule, place.registry)});
        !known) {
      host_.debug("get: " + known.error().message);
    }
    return answer(server, *place.rule, *renewed);
  }
  const Session::Minted* minted = session.find(place.registry);
  const bool is_good =
      minted != nullptr && belongs(session, *place.rule) && freshness(*minted, time_(), 0) != Freshness::expired;
  if (is_good && is_passing(renewed.error())) {
    host_.debug("get: " + renewed.error().message + "; the former credential is still good");
    return answer(server, *place.rule, *minted);
  }
  return tl::unexpected(renewed.error());
}

Result<Session::Minted> OauthStore::ask_net(const std::string& registry) {
  const Result<std::string> program = net_program_.empty() ? net_program() : net_program_;
  if (!program) {
    return tl::unexpected(program.error());
  }
  const Result<ProcessResult> done = host_.run({.arguments = {*program, "renew", registry},
                                                .environment = {},
                                                .hidden = {},
                                                .input = {},
                                                .directory = {},
                                                .detached = true,
                                                .output_limit = std::size_t{2} * 1024 * 1024,
                                                .time_limit = kRenewTime});
  if (!done && done.error().kind == ErrorKind::timed_out) {
    return fail(ErrorKind::timed_out, "the login to " + registry + " could not be renewed in time",
                "the provider or the vault is slow; it goes on in the background, so try again");
  }
  if (!done) {
    return tl::unexpected(done.error());
  }
  const std::string said = explanation(host_, done->errors);
  Result<Session::Minted> answer = read_answer(done->output.view());
  wipe_stack();
  if (!answer && done->exit_code != 0 && !said.empty()) {
    return fail(ErrorKind::internal, "docker-credential-oauth-net failed", said);
  }
  return answer;
}

Result<Credential> OauthStore::not_logged_in(const std::string& server, Place& place) {
  const std::string key = session_key(*place.rule, place.registry);
  if (Result<> forgotten = forget_login(host_, place.registry, place.vault.name(), key); !forgotten) {
    host_.debug("get: " + forgotten.error().message);
  }
  host_.debug("get: nobody is logged in to " + place.registry);
  // A robot's account, say, which was stored by an ordinary docker login.
  return place.vault.get(server);
}

Result<> OauthStore::store(const Credential& credential) {
  if (is_private(credential.server)) {
    return fail(ErrorKind::bad_input, "this server address is kept for sessions",
                "log in with: docker-credential-oauth login REGISTRY");
  }
  Result<Place> place = locate(credential.server);
  if (!place) {
    return pass_on(std::move(place));
  }
  if (place->rule == nullptr) {
    return store_plain(credential, *place);
  }
  // A refresh that is under way decides whether the session lives.
  const Result<FileLock> lock = lock_session(host_, session_key(*place->rule, place->registry), kEraseWait);
  if (!lock) {
    return tl::unexpected(lock.error());
  }
  const Result<Session> session = place->vault.load(session_key(*place->rule, place->registry));
  if (session ? session->is_logged_out(place->registry) : session.error().kind == ErrorKind::not_found) {
    return store_plain(credential, *place);
  }
  if (!session && session.error().kind != ErrorKind::damaged) {
    return tl::unexpected(session.error());
  }
  if (session && why_over(*session, *place->rule, place->registry, time_()).empty()) {
    return hand_back(credential, *place, *session);
  }
  // Somebody logs in another way, and the ended session must not stand before that.
  KEYBERTH_TRY(erase_session(place->vault, *place->rule, place->registry));
  return store_plain(credential, *place);
}

Result<> OauthStore::store_plain(const Credential& credential, Place& place) {
  if (!place.config.vault.empty() || !remembers_) {
    return place.vault.store(credential);
  }
  // Another one may be the first that works the next time, and would say that there is no such login. So the name is
  // written before the login is stored: whoever is killed in between has lost nothing, for this vault would have been
  // chosen again. And what cannot be remembered is refused: a login that is told to have failed is still with whoever
  // made it (migrate leaves it where it was), one that is stored and not found any more is lost.
  Remembered what;
  what.vault = place.vault.name();
  if (const Result<> remembered = remember(host_, what); !remembered) {
    const Error& error = remembered.error();
    // Its own kind may be not_found, of a folder, and that says something else about a login.
    return fail(ErrorKind::unavailable,
                "the login was not stored, for it cannot be remembered which vault has it: " + error.message,
                error.hint + (error.hint.empty() ? "" : "\nor ") + "name the vault for all users of this machine, in " +
                    printable_path(system_file(host_)) + ":\n  {\"vault\": \"" + what.vault + "\"}");
  }
  return place.vault.store(credential);
}

Result<> OauthStore::hand_back(const Credential& credential, const Place& place, const Session& session) {
  const Session::Minted* minted = session.find(place.registry);
  const UsernameRule& name = place.rule->username;
  const bool is_literal = name.source == UsernameRule::Source::literal && name.value == credential.username;
  if (credential.username == "<token>" || is_literal ||
      (minted != nullptr && minted->username == credential.username)) {
    host_.debug("store: the session of " + place.registry + " stays as it is");
    return {};
  }
  return fail(ErrorKind::denied,
              place.registry + " is logged in through OAuth, as " +
                  printable(minted == nullptr || minted->username.empty() ? session.identity : minted->username),
              "to log in another way: docker-credential-oauth logout " + place.registry + "\nand then: docker login " +
                  place.registry);
}

Result<> OauthStore::erase(std::span<const std::string> keys) {
  const std::string& server = keys.front();
  if (is_private(server)) {
    return {};
  }
  Result<Place> place = locate(server);
  if (!place) {
    return pass_on(std::move(place));
  }
  if (place->rule != nullptr) {
    // A refresh that is under way would put the session back.
    const Result<FileLock> lock = lock_session(host_, session_key(*place->rule, place->registry), kEraseWait);
    if (!lock) {
      return tl::unexpected(lock.error());
    }
    KEYBERTH_TRY(erase_session(place->vault, *place->rule, place->registry));
  }
  return place->vault.erase(server);
}

Result<> OauthStore::erase_session(Vault& vault, const Rule& rule, const std::string& registry) {
  const std::string key = session_key(rule, registry);
  Result<Session> session = vault.load(key);
  const bool is_gone = !session && session.error().kind == ErrorKind::not_found;
  if (!session && !is_gone && session.error().kind != ErrorKind::damaged) {
    return pass_on(std::move(session));
  }
  const auto is_other = [&](const Session::Minted& minted) { return minted.registry != registry; };
  const bool serves_others = session && !rule.session.empty() && session->dead.empty() &&
                             std::any_of(session->minted.begin(), session->minted.end(), is_other);
  if (serves_others) {
    std::vector<Session::Minted> others;
    std::copy_if(std::make_move_iterator(session->minted.begin()), std::make_move_iterator(session->minted.end()),
                 std::back_inserter(others), is_other);
    session->minted = std::move(others);
    if (!session->is_logged_out(registry)) {
      session->logged_out.push_back(registry);
    }
    KEYBERTH_TRY(vault.save(key, *session));
  } else if (!is_gone) {
    KEYBERTH_TRY(vault.erase(key));
  }
  return forget_login(host_, registry, vault.name(), key);
}

Result<std::vector<Entry>> OauthStore::list() {
  const Result<Config> config = load_config(host_);
  if (!config) {
    return tl::unexpected(config.error());
  }
  Result<VaultChoice> choice = vault(config->vault);
  if (!choice) {
    return pass_on(std::move(choice));
  }
  Result<std::vector<Entry>> entries = choice->vault.list();
  if (!entries) {
    return entries;
  }
  for (const Known& known : known_logins(host_)) {
    const std::string& registry = known.registry;
    const Rule* rule = find_rule(*config, registry);
    if (rule == nullptr || !known.may_be_at(choice->vault.name(), session_key(*rule, registry))) {
      continue;
    }
    std::erase_if(*entries, [&](const Entry& entry) { return entry.server == registry; });
    entries->push_back({registry, rule->answer_token ? "<token>" : known.username});
  }
  return entries;
}

}  // namespace keyberth::oauth
