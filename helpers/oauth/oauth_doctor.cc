// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/oauth_doctor.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "common/docker_config.h"
#include "common/files.h"
#include "common/protocol.h"
#include "helpers/oauth/config.h"
#include "helpers/oauth/config_place.h"
#include "helpers/oauth/logins.h"
#include "helpers/oauth/net_program.h"
#include "helpers/oauth/status.h"
#include "helpers/oauth/vault.h"
#include "helpers/oauth/vault_doctor.h"

namespace keyberth::oauth {
namespace {

constexpr std::size_t kDockerConfigLimit = std::size_t{1024} * 1024;
/// Clocks of two machines that share a vault may differ by so much.
constexpr UnixTime kClockTolerance = 120;

std::string joined(const std::vector<std::string>& parts, const std::string& between) {
  std::string text;
  for (const std::string& part : parts) {
    text += (text.empty() ? "" : between) + part;
  }
  return text;
}

/// One run. Each step adds what it found, and returns whether the next one has anything to look at.
class Examination {
 public:
  Examination(Host& host, OauthStore& store, UnixTime now) : host_(host), store_(store), now_(now) {}

  std::vector<Check> run() {
    store_.remember_nothing();
    network_half();
    if (configuration()) {
      docker();
      if (vault()) {
        choice();
        logins();
        left_in_other_places();
      }
    }
    return std::move(checks_);
  }

 private:
  void add(std::string link, Check::State state, std::string finding, std::string remedy = {}) {
    checks_.push_back({std::move(link), state, std::move(finding), std::move(remedy)});
  }

  /// Logins of before are served without it, so that there is more to look at.
  void network_half() {
    const Result<std::string> program = net_program();
    if (program) {
      add("network half", Check::State::ok, printable(*program));
    } else {
      checks_.push_back(problem("network half", program.error()));
    }
  }

  bool configuration() {
    Result<Config> config = load_config(host_);
    if (!config) {
      checks_.push_back(problem("configuration", config.error()));
      return false;
    }
    config_ = *std::move(config);
    if (config_.rules.empty()) {
      add("configuration", Check::State::note, "no registry is configured yet", std::string(kFirstLogin));
      return true;
    }
    std::vector<std::string> patterns;
    for (const Rule& rule : config_.rules) {
      patterns.push_back(printable(rule.pattern));
    }
    add("configuration", Check::State::ok,
        "it has rules for " + joined(patterns, ", ") +
            (access(config_.user_file.c_str(), F_OK) == 0 ? "; yours are in " + printable_path(config_.user_file)
                                                          : ""));
    for (const Rule& rule : config_.rules) {
      if (rule.allow_http_loopback) {
        add("configuration", Check::State::note,
            "the rule of " + printable(rule.pattern) + " allows http on this machine, which is meant for tests",
            "Take \"allow_http_loopback\" out of its rule in " + printable(config_.user_file, 4096));
      }
    }
    return true;
  }

  /// Whether Docker asks us for the registries that have a rule. What else may be wrong with its file is not ours.
  void docker() {
    const Result<std::string> path = docker_config_path(host_);
    const Result<std::string> text = path ? read_file(*path, kDockerConfigLimit) : path;
    if (!text && text.error().kind != ErrorKind::not_found) {
      return;
    }
    const Result<HelperNames> named = configured_helpers(text.value_or(""));
    if (!named) {
      return;
    }
    is_for_all_ = named->store == "oauth";
    for (const Rule& rule : config_.rules) {
      if (rule.pattern.starts_with("*.")) {
        continue;
      }
      // Docker Hub has this name only in Docker's file.
      const std::string name = rule.pattern == "docker.io" ? "https://index.docker.io/v1/" : rule.pattern;
      const auto entry = named->registries.find(name);
      const std::string& helper = entry == named->registries.end() ? named->store : entry->second;
      if (helper != "oauth") {
        const std::string asked = helper.empty() ? "no helper" : "docker-credential-" + printable(helper);
        add("Docker", Check::State::note, "Docker asks " + asked + " for " + printable(rule.pattern),
            "docker-credential-oauth configure --registry " + shell_word(name));
      }
    }
  }

  bool vault() {
    Result<VaultChoice> choice = store_.vault(config_.vault);
    if (!choice) {
      checks_.push_back(problem("vault", choice.error()));
      return false;
    }
    vault_.emplace(std::move(choice->vault));
    const std::vector<Check> found = examine_vault(host_, *vault_);
    const bool good = std::none_of(found.begin(), found.end(),
                                   [](const Check& check) { return check.state == Check::State::problem; });
    if (good) {
      const std::string why = !config_.vault.empty() ? ", as configured" : ", the first that works";
      const std::string others = choice->passed_over.empty() ? "" : " (" + joined(choice->passed_over, "; ") + ")";
      add("vault", Check::State::ok, "docker-credential-" + printable(vault_->name()) + why + others);
    }
    checks_.insert(checks_.end(), found.begin(), found.end());
    return good;
  }

  /// The first login that docker login stores is refused when the choice of the vault cannot be written down. Where
  /// Docker asks for registries with a rule only, none is stored.
  void choice() {
    const Result<> writable = config_.vault.empty() ? check_writable(host_) : Result<>();
    if (writable) {
      return;
    }
    add("configuration", config_.rules.empty() || is_for_all_ ? Check::State::problem : Check::State::note,
        "a docker login would be refused, because it cannot be written down which vault has it: " +
            writable.error().message,
        !writable.error().hint.empty()
            ? writable.error().hint
            : "Name the vault for all users of this machine, in " + printable_path(system_file(host_)) +
                  ": {\"vault\": \"" + vault_->name() + "\"}");
  }

  void logins() {
    for (const Login& login : look_up_logins(host_, config_, *vault_)) {
      const std::string command = login_command(login.registry);
      if (!login.session && login.session.error().kind == ErrorKind::not_found) {
        add("login", Check::State::note, "nobody is logged in to " + login.registry, command);
      } else if (!login.session && login.session.error().kind == ErrorKind::damaged) {
        over(login.registry + ": " + login.session.error().message, command);
      } else if (!login.session) {
        checks_.push_back(problem("login", login.session.error()));
      } else if (const std::string why = why_over(*login.session, *login.rule, login.registry, now_); !why.empty()) {
        over("the login to " + login.registry + " " + why, command);
      } else {
        alive(login);
      }
    }
  }

  void over(std::string finding, std::string command) {
    checks_.push_back({"login", Check::State::problem, std::move(finding), std::move(command), true});
  }

  void left_in_other_places() {
    for (const Known& known : left_behind(host_, config_, vault_->name())) {
      const Result<Session> session = Vault(host_, known.vault).load(known.key);
      if (session || session.error().kind != ErrorKind::not_found) {
        add("login", Check::State::note,
            "a login to " + printable(known.registry) + " was left in docker-credential-" + known.vault +
                ", where nothing looks for it any more",
            "docker-credential-oauth logout " + shell_word(known.registry));
      }
    }
  }

  void alive(const Login& login) {
    const Session& session = *login.session;
    const std::string credential = "credential " + expiry_line(session.find(login.registry), session, now_);
    if (session.refresh_sent != 0) {
      add("login", Check::State::note,
          "the login to " + login.registry + " " + std::string(kAnswerLost) + "; " + credential,
          login_command(login.registry));
    } else {
      add("login", Check::State::ok, login.registry + ": " + printable(session.identity) + "; " + credential);
    }
    if (session.obtained > now_ + kClockTolerance) {
      add("clock", Check::State::note,
          "the login to " + login.registry + " was made " + relative_time(session.obtained, now_) +
              ", so the clock of this machine is behind",
          "sudo timedatectl set-ntp true");
    }
  }

  Host& host_;
  OauthStore& store_;
  UnixTime now_;
  Config config_;
  bool is_for_all_ = false;  ///< Docker asks us for every registry
  std::optional<Vault> vault_;
  std::vector<Check> checks_;
};

}  // namespace

std::vector<Check> examine_oauth(Host& host, OauthStore& store, UnixTime now) {
  return Examination(host, store, now).run();
}

}  // namespace keyberth::oauth
