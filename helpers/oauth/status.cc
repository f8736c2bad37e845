// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/status.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

#include "common/protocol.h"
#include "helpers/oauth/config.h"
#include "helpers/oauth/json.h"
#include "helpers/oauth/logins.h"
#include "helpers/oauth/vault.h"

namespace keyberth::oauth {
namespace {

std::string local_time(UnixTime when) {
  const std::time_t seconds = when;
  std::tm parts{};
  std::array<char, 64> text{};
  if (localtime_r(&seconds, &parts) == nullptr) {
    return {};
  }
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S %Z", &parts)};
}

std::string provider_of(const Session& session) {
  return session.issuer.empty() ? session.token_endpoint : session.issuer;
}

std::string state_line(const Login& line, UnixTime now) {
  const Session& session = *line.session;
  if (!session.dead.empty()) {
    return "ended: " + printable(session.dead);
  }
  if (const std::string why = why_over(session, *line.rule, line.registry, now); !why.empty()) {
    return "of no use: it " + why;
  }
  if (session.refresh_sent != 0) {
    return "alive, but it " + std::string(kAnswerLost);
  }
  return session.refresh_token.empty() ? "alive; it cannot be renewed" : "alive";
}

std::string describe(const Login& line, const std::string& vault, UnixTime now) {
  std::string text = line.registry + "\n";
  const auto add = [&](std::string_view name, const std::string& value) {
    constexpr std::size_t kColumn = 14;
    if (!value.empty()) {
      text.append("  ").append(name).append(kColumn - name.size(), ' ').append(value).append("\n");
    }
  };
  if (!line.session) {
    const bool is_out = line.session.error().kind == ErrorKind::not_found;
    add("session", is_out ? "not logged in" : "cannot be read: " + printable(line.session.error().message));
    if (is_out || line.session.error().kind == ErrorKind::damaged) {
      add("next step", login_command(line.registry));
    }
    return text;
  }
  const Session& session = *line.session;
  const Session::Minted* minted = session.find(line.registry);
  const bool is_over = !why_over(session, *line.rule, line.registry, now).empty();
  add("session", state_line(line, now));
  add("identity", printable(session.identity));
  add("user name", minted == nullptr ? "" : printable(minted->username));
  add("provider", printable(provider_of(session)));
  add("scope", printable(session.scope));
  add("vault", "docker-credential-" + vault);
  if (!is_over) {
    add("credential", expiry_line(minted, session, now));
  }
  if (is_over || session.refresh_sent != 0) {
    add("next step", login_command(line.registry));
  }
  return text;
}

Json describe_json(const Login& line, const std::string& vault, UnixTime now) {
  Json object = Json::make_object();
  const auto add = [&](const char* name, const std::string& value) {
    object.set(name, Json::of(std::string_view(value)));
  };
  add("registry", line.registry);
  object.set("logged_in", Json::of(line.session.has_value()));
  if (!line.session) {
    if (line.session.error().kind != ErrorKind::not_found) {
      add("error", line.session.error().message);
    }
    return object;
  }
  const Session& session = *line.session;
  const std::string over = why_over(session, *line.rule, line.registry, now);
  object.set("alive", Json::of(over.empty()));
  if (!over.empty()) {
    add("ended", session.dead.empty() ? over : session.dead);
  }
  add("identity", session.identity);
  add("issuer", session.issuer);
  add("token_endpoint", session.token_endpoint);
  add("client_id", session.client_id);
  add("scope", session.scope);
  add("vault", vault);
  object.set("renewable", Json::of(over.empty() && !session.refresh_token.empty() && session.refresh_sent == 0));
  if (const Session::Minted* minted = session.find(line.registry); minted != nullptr) {
    add("username", minted->username);
    object.set("obtained", Json::of(static_cast<double>(minted->obtained)));
    if (minted->expires != 0) {
      object.set("expires", Json::of(static_cast<double>(minted->expires)));
      object.set("expires_in", Json::of(static_cast<double>(minted->expires - now)));
    }
  }
  return object;
}

tl::unexpected<Error> config_usage() {
  return fail(ErrorKind::usage, "Usage: docker-credential-oauth config check [FILE] | config presets");
}

std::string list_presets() {
  std::string text;
  for (const Preset& preset : presets()) {
    std::string hosts;
    for (const std::string& host : preset.hosts) {
      hosts += (hosts.empty() ? "" : ", ") + host;
    }
    text += preset.name + "\n  for       " + (hosts.empty() ? "registries of your own" : hosts) + "\n  evidence  " +
            preset.note + "\n";
  }
  return text;
}

Result<std::string> check(Host& host, const std::vector<std::string>& arguments) {
  const Result<Config> config = arguments.size() > 1 ? check_config_file(host, arguments[1]) : check_config(host);
  if (!config) {
    return tl::unexpected(config.error());
  }
  std::string text = "vault: " + (config->vault.empty() ? "the first that works" : config->vault) + "\n";
  for (const Rule& rule : config->rules) {
    const std::string provider = rule.issuer.empty() ? rule.token_endpoint : rule.issuer;
    text += printable(rule.pattern) + ": " + (rule.preset.empty() ? "" : rule.preset + ", ") + printable(provider) +
            ", client " + printable(rule.client_id) + "\n";
  }
  return text + "The configuration is correct.\n";
}

}  // namespace

std::string relative_time(UnixTime when, UnixTime now) {
  const UnixTime distance = when > now ? when - now : now - when;
  constexpr std::array<std::pair<UnixTime, const char*>, 4> kUnits{
      {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}}};
  // From two of a unit on: "90 minutes" says more than "1 hour".
  const auto* unit = std::find_if(kUnits.begin(), kUnits.end() - 1,
                                  [&](const auto& candidate) { return distance >= 2 * candidate.first; });
  const UnixTime count = distance / unit->first;
  const std::string amount = std::to_string(count) + " " + unit->second + (count == 1 ? "" : "s");
  return when > now ? "in " + amount : amount + " ago";
}

std::string expiry_line(const Session::Minted* minted, const Session& session, UnixTime now) {
  if (minted == nullptr) {
    return "none yet; one is made when it is needed";
  }
  if (minted->expires == 0) {
    return "made " + relative_time(minted->obtained, now) + "; the provider does not say how long it is good";
  }
  const std::string when = local_time(minted->expires) + ", " + relative_time(minted->expires, now);
  if (minted->expires > now) {
    return "good until " + when;
  }
  return "expired " + when +
         (session.refresh_token.empty() || session.refresh_sent != 0 ? "" : "; a new one is made when it is needed");
}

Result<std::string> status(Host& host, const std::vector<std::string>& arguments, UnixTime now) {
  const bool json = arguments == std::vector<std::string>{"--json"};
  if (!json && !arguments.empty()) {
    return fail(ErrorKind::usage, "Usage: docker-credential-oauth status [--json]");
  }
  const Result<Config> config = load_config(host);
  if (!config) {
    return tl::unexpected(config.error());
  }
  Result<Vault> vault = choose_vault(host, config->vault);
  if (!vault) {
    return pass_on(std::move(vault));
  }
  const std::vector<Login> lines = look_up_logins(host, *config, *vault);
  if (json) {
    Json answer = Json::make_object();
    answer.set("vault", Json::of(std::string_view(vault->name())));
    answer.set("registries",
               Json::array_of(lines, [&](const Login& line) { return describe_json(line, vault->name(), now); }));
    return std::string(write_json(answer).view()) + "\n";
  }
  if (lines.empty()) {
    return "No registry is configured yet. " + std::string(kFirstLogin) + "\n";
  }
  std::string text;
  for (const Login& line : lines) {
    text += (text.empty() ? "" : "\n") + describe(line, vault->name(), now);
  }
  return text;
}

Result<std::string> config_command(Host& host, const std::vector<std::string>& arguments) {
  if (arguments == std::vector<std::string>{"presets"}) {
    return list_presets();
  }
  if (arguments.empty() || arguments.size() > 2 || arguments.front() != "check") {
    return config_usage();
  }
  return check(host, arguments);
}

}  // namespace keyberth::oauth
