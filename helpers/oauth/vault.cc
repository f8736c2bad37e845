// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/vault.h"

#include <unistd.h>

#include <chrono>

#include "common/process.h"
#include "common/protocol.h"
#include "common/self.h"
#include "common/split.h"
#include "common/utf8.h"
#include "helpers/oauth/json.h"
#include "helpers/oauth/vault_answer.h"

namespace keyberth::oauth {
namespace {

constexpr std::size_t kAnswerLimit = std::size_t{2} * 1024 * 1024;
constexpr std::size_t kHintLines = 6;
constexpr std::string_view kDebugPrefix = "debug: ";
constexpr std::string_view kNoStore = "there is no password store yet";
constexpr std::string_view kPreferred = "docker-credential-pass";
/// One name for all sessions: older helpers keep several user names of one server side by side.
constexpr std::string_view kSessionUser = "oauth-session";

tl::unexpected<Error> not_understood(const std::string& program) {
  return fail(ErrorKind::damaged, program + " gave an answer that is none of the protocol",
              "is it a docker credential helper? see: " + program + " list");
}

std::string value_or(const std::optional<std::string>& value, const std::string& fallback) {
  return value ? *value : fallback;
}

/// Whether a password store is set up: its helper's list is empty, not an error, where there is none.
bool has_password_store(const Host& host) {
  const std::string store =
      value_or(host.env("PASSWORD_STORE_DIR"), value_or(host.env("HOME"), "") + "/.password-store");
  return access((store + "/.gpg-id").c_str(), F_OK) == 0;
}

}  // namespace

std::string explanation(Host& host, std::string_view errors) {
  std::string text;
  std::size_t lines = 0;
  for (const std::string_view line : split(errors, '\n')) {
    if (lines == kHintLines) {
      break;
    }
    if (line.starts_with(kDebugPrefix)) {
      host.debug(line.substr(kDebugPrefix.size()));
    } else if (!trim(line).empty()) {
      text += (text.empty() ? "" : "\n") + printable(trim(line));
      ++lines;
    }
  }
  return text;
}

Result<Credential> parse_vault_credential(std::string_view text) {
  const Result<Json> answer = parse_json(text, {.limit = kAnswerLimit});
  if (!answer) {
    return tl::unexpected(answer.error());
  }
  const auto server = answer->text("ServerURL");
  const auto username = answer->text("Username");
  const Json* secret = answer->find("Secret");
  if (!server || !username || secret == nullptr || secret->type != Json::Type::string || has_control(*username)) {
    return fail(ErrorKind::damaged, "the answer lacks ServerURL, Username or Secret");
  }
  return Credential{*server, *username, Secret(secret->string)};
}

Result<std::vector<Entry>> parse_vault_list(std::string_view text) {
  const Result<Json> answer = parse_json(text, {.limit = kAnswerLimit});
  if (!answer) {
    return tl::unexpected(answer.error());
  }
  std::vector<Entry> entries;
  for (const auto& [server, username] : answer->object) {
    if (username.type == Json::Type::string) {
      entries.push_back({server, username.string});
    }
  }
  if (answer->type != Json::Type::object) {
    return fail(ErrorKind::damaged, "the answer is no object");
  }
  return entries;
}

Result<Secret> Vault::call(const std::string& action, std::string_view input, std::chrono::seconds time_limit) {
  const std::string program = "docker-credential-" + name_;
  Result<ProcessResult> done = host_.run({.arguments = {program, action},
                                          .environment = {},
                                          .hidden = {},
                                          .input = input,
                                          .directory = {},
                                          .output_limit = kAnswerLimit,
                                          .time_limit = time_limit});
  if (!done) {
    return fail(done.error().kind, "the vault cannot be used: " + done.error().message, done.error().hint);
  }
  std::string hint = explanation(host_, done->errors);
  if (done->exit_code == 0) {
    return std::move(done->output);
  }
  const std::string_view said = trim(done->output.view());
  // Older helpers put words around the text, and clients look for it anywhere.
  if (done->exit_code == 1 && said.find(kNotFound) != std::string_view::npos) {
    return fail(ErrorKind::not_found, std::string(kNotFound));
  }
  // A failure is one line and status 1. Anything else may be a credential, whose sender came to grief afterwards.
  const bool explained = done->exit_code == 1 && !said.empty() && said.front() != '{';
  const std::string reason = explained ? printable(said.substr(0, said.find('\n')))
                                       : "it ended with status " + std::to_string(done->exit_code);
  return fail(ErrorKind::unavailable, program + ": " + reason, std::move(hint));
}

Result<Credential> Vault::get(const std::string& server) {
  Result<Secret> output = call("get", server, patience(host_) + kAnswerTime);
  if (!output) {
    return pass_on(std::move(output));
  }
  Result<Credential> credential = parse_vault_credential(output->view());
  wipe_stack();
  if (!credential) {
    return not_understood("docker-credential-" + name_);
  }
  if (credential->username.empty() && credential->secret.empty()) {
    return fail(ErrorKind::not_found, std::string(kNotFound));
  }
  return credential;
}

Result<> Vault::store(const Credential& credential) {
  const Secret input = format_credential(credential.server, credential);
  return call("store", input.view(), patience(host_) + kAnswerTime).map([](const Secret&) {});
}

Result<> Vault::erase(const std::string& server) {
  Result<> erased = call("erase", server, patience(host_) + kAnswerTime).map([](const Secret&) {});
  return !erased && erased.error().kind == ErrorKind::not_found ? Result<>() : erased;
}

Result<std::vector<Entry>> Vault::list() {
  const Result<Secret> output = call("list", {}, kAnswerTime);
  if (!output) {
    return tl::unexpected(output.error());
  }
  Result<std::vector<Entry>> entries = parse_vault_list(output->view());
  return entries ? std::move(entries) : not_understood("docker-credential-" + name_);
}

Result<Session> Vault::load(const std::string& key) {
  const Result<Credential> entry = get(key);
  if (!entry) {
    return tl::unexpected(entry.error());
  }
  Result<Session> session = read_session(entry->secret.view());
  wipe_stack();
  return session;
}

Result<> Vault::save(const std::string& key, const Session& session) {
  return store({key, std::string(kSessionUser), write_session(session)});
}

Result<> check_vault(const Host& host, Vault& vault) {
  if (const Result<std::vector<Entry>> entries = vault.list(); !entries) {
    return tl::unexpected(entries.error());
  }
  if (vault.name() == "pass" && !has_password_store(host)) {
    return fail(ErrorKind::unavailable, std::string(kNoStore), "make a password store:\n  docker-credential-pass init");
  }
  return {};
}

Result<VaultChoice> find_vault(Host& host, const std::string& configured) {
  if (configured == "oauth") {
    return fail(ErrorKind::bad_input, "docker-credential-oauth cannot be its own vault");
  }
  if (!configured.empty()) {
    return VaultChoice{Vault(host, configured), {}};
  }
  std::vector<std::string> passed_over;
  std::string way_out;
  std::string missing;
  for (const std::string name : {"secretservice", "pass", "keyctl"}) {
    Vault vault(host, name);
    const Result<> usable = check_vault(host, vault);
    if (usable) {
      host.debug("vault: docker-credential-" + name);
      return VaultChoice{std::move(vault), std::move(passed_over)};
    }
    const std::string program = "docker-credential-" + name;
    const bool is_there = !find_program(host, program).empty();
    passed_over.push_back(name + ": " + (is_there ? usable.error().message : "not installed"));
    way_out += usable.error().message == kNoStore ? "\n" + usable.error().hint : "";
    missing = is_there || missing == kPreferred ? missing : program;
  }
  if (way_out.empty() && !missing.empty()) {
    way_out = "\ninstall one of them, such as:\n  " + install_command(missing);
  }
  std::string hint;
  for (const std::string& reason : passed_over) {
    hint += (hint.empty() ? "" : "\n") + reason;
  }
  return fail(ErrorKind::unavailable, "there is no vault in which logins can be kept", hint + way_out);
}

Result<Vault> choose_vault(Host& host, const std::string& configured) {
  return find_vault(host, configured).map([](VaultChoice&& choice) { return std::move(choice.vault); });
}

}  // namespace keyberth::oauth
