// SPDX-License-Identifier: Apache-2.0
#include "helpers/pass/gpg.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "common/files.h"
#include "common/process.h"
#include "common/protocol.h"
#include "helpers/pass/gpg_status.h"
#include "helpers/pass/prompt_turn.h"

namespace keyberth {
namespace {

using std::chrono::seconds;

/// For what needs no person. Long enough for the touch of a security key (15 s).
constexpr seconds kSilentLimit{20};
/// For a look that somebody waits for.
constexpr seconds kLookLimit{5};
/// For a sign of life.
constexpr seconds kAgentLimit{3};
/// Encryption may first bring a large trust database up to date.
constexpr seconds kEncryptLimit{60};
constexpr std::string_view kStopHint =
    "end the agent, it starts again by itself: gpgconf --kill gpg-agent\n"
    "if that hangs as well: pkill -KILL -u \"$(id -u)\" gpg-agent";

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += text.empty() ? word : ", " + word;
  }
  return text;
}

/// For a person at a terminal: opens the key, whose passphrase gpg-agent then keeps for a while.
std::string unlock_hint(const std::string& path) {
  return "unlock the key in a terminal, then try again: gpg --output /dev/null --decrypt " + shell_word(path) + "\n" +
         "if gpg does not ask there, install a pinentry program (Debian: apt install pinentry-curses)";
}

/// What the failed attempt means for the user.
Error decryption_error(const ProcessResult& result, const std::string& path, const std::string& what) {
  const GpgStatus status = parse_gpg_status(result.status);
  const auto locked = [&](const std::string& why) {
    return Error{ErrorKind::locked, "the GPG key for " + what + " is locked: " + why, unlock_hint(path)};
  };
  if (status.has_key_error(gpg_error::kCanceled) || status.has_key_error(gpg_error::kFullyCanceled)) {
    return locked("the question for its passphrase was cancelled");
  }
  if (status.has_key_error(gpg_error::kBadPassphrase) || status.has_key_error(gpg_error::kNoPassphrase)) {
    return locked("the passphrase was wrong");
  }
  if (status.has_key_error(gpg_error::kTimeout)) {
    return locked("nobody answered the question for its passphrase");
  }
  if (status.damaged || (status.key_errors.empty() && status.missing_keys.empty())) {
    return {ErrorKind::damaged, what + " is damaged: gpg cannot decrypt the file",
            "replace it by logging in again (docker login), or restore it from a backup: " + shell_word(path)};
  }
  if (!status.key_errors.empty()) {
    // No pinentry program, or one that has neither a terminal nor a display.
    return locked("its passphrase is needed and there is no way to ask for it here");
  }
  return {ErrorKind::unavailable,
          "the secret key for " + what + " is not here; it is encrypted for " + printable(joined(status.recipient_ids)),
          "see which secret keys are here: gpg --list-secret-keys\n"
          "bring the missing one (gpg --import FILE), or set GNUPGHOME, or log in again (docker login)"};
}

Error encryption_error(const ProcessResult& result, const Recipients& recipients) {
  const GpgStatus status = parse_gpg_status(result.status);
  const std::string key = printable(status.bad_recipient);
  const std::string word = shell_word(status.bad_recipient);
  const std::string place = "named in " + printable(recipients.source);
  if (key.empty()) {
    return {ErrorKind::unavailable,
            "gpg cannot encrypt: " + printable(result.errors.substr(0, result.errors.find('\n'))),
            "see what gpg says: echo test | gpg --encrypt --recipient " + shell_word(joined(recipients.keys))};
  }
  constexpr unsigned kNotTrusted = 10;
  if (status.bad_recipient_reason == kNotTrusted) {
    return {ErrorKind::unavailable, "gpg does not trust the key " + key + ", " + place,
            "if the key is your own: gpg --edit-key " + word + " trust quit   (and choose 5)\n" +
                "if it is somebody else's and you have checked it: gpg --lsign-key " + word};
  }
  if (status.key_expired) {
    return {ErrorKind::unavailable, "the GPG key " + key + ", " + place + ", has expired",
            "this prints the commands that give it and its subkeys two more years: docker-credential-pass doctor"};
  }
  if (status.considered.empty()) {
    return {ErrorKind::unavailable, "the GPG key " + key + ", " + place + ", is not in the key ring",
            "see the keys that are there: gpg --list-keys\n" +
                std::string(recipients.keys.size() > 1
                                ? "import it from its owner (gpg --import FILE, or gpg --recv-keys KEY)"
                                : "import it (gpg --import FILE), or choose another key for the store: pass init KEY")};
  }
  return {ErrorKind::unavailable, "the GPG key " + key + ", " + place + ", cannot be used for encryption",
          "it is revoked, disabled or made for signatures only; see: gpg --list-keys " + word};
}

Error not_started(Error error) {
  if (error.kind == ErrorKind::unavailable) {
    error.hint = "install GnuPG (Debian: apt install gnupg), or put the folder of gpg into PATH";
  }
  return error;
}

bool was_refused(const GpgStatus& status) {
  return status.has_key_error(gpg_error::kCanceled) || status.has_key_error(gpg_error::kFullyCanceled);
}

}  // namespace

std::string gnupg_folder(const Host& host) {
  if (const auto chosen = host.env("GNUPGHOME")) {
    return *chosen;
  }
  const auto home = host.env("HOME");
  return home ? *home + "/.gnupg" : std::string();
}

std::vector<std::string> split_words(std::string_view text) {
  constexpr std::string_view kBlank = " \t\n";
  std::vector<std::string> words;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
    if (text.empty()) {
      return words;
    }
    words.emplace_back(text.substr(0, text.find_first_of(kBlank)));
    text.remove_prefix(words.back().size());
  }
}

const std::string& Gpg::program() {
  if (program_.empty()) {
    program_ = find_program(host_, "gpg2").empty() ? "gpg" : "gpg2";
  }
  return program_;
}

ProcessRequest Gpg::request(const std::vector<std::string>& options, const std::vector<std::string>& command) {
  ProcessRequest request;
  request.arguments = {program(), "--batch", "--yes", "--status-fd", "3"};
  for (const std::vector<std::string>& part :
       {options, split_words(host_.env("PASSWORD_STORE_GPG_OPTS").value_or("")), command}) {
    request.arguments.insert(request.arguments.end(), part.begin(), part.end());
  }
  request.with_status = true;
  request.time_limit = kSilentLimit;
  return request;
}

Result<ProcessResult> Gpg::try_decrypt(std::string_view message, bool may_ask, seconds time_limit) {
  // Otherwise as gpg.conf says: the user may have chosen another way than a pinentry.
  const std::vector<std::string> silent{"--pinentry-mode", "error"};
  ProcessRequest call = request(may_ask ? std::vector<std::string>{} : silent, {"--decrypt"});
  call.input = message;
  call.time_limit = time_limit;
  const std::optional<std::string> terminal = host_.terminal();
  if (may_ask && terminal && !host_.env("GPG_TTY")) {
    call.environment = {{"GPG_TTY", *terminal}};
  }
  return host_.run(call);
}

Result<ProcessResult> Gpg::ask_and_decrypt(std::string_view message, PromptTurn& turn) {
  KEYBERTH_TRY(turn.wait());
  if (turn.was_cancelled()) {
    return fail(ErrorKind::locked, "the GPG key is locked: the question for its passphrase was cancelled elsewhere",
                "try again, and answer the question");
  }
  Result<ProcessResult> result = try_decrypt(message, true, patience(host_));
  if (result && was_refused(parse_gpg_status(result->status))) {
    turn.cancel();
  } else if (!result && result.error().kind == ErrorKind::timed_out) {
    turn.cancel();
    return fail(ErrorKind::timed_out, "nobody answered the question for the passphrase of the GPG key",
                "allow more seconds: export DOCKER_CREDENTIAL_TIMEOUT=300\n"
                "if no question appeared, end the agent and try again: gpgconf --kill gpg-agent");
  }
  return result;
}

Result<Secret> Gpg::decrypt(std::string_view message, const std::string& path, const std::string& what) {
  PromptTurn turn(host_);
  Result<ProcessResult> result = try_decrypt(message, false, std::min(kSilentLimit, patience(host_)));
  Readable state = judge(result);
  if (state == Readable::locked) {
    host_.debug("the GPG key is locked: waiting for a turn to ask for its passphrase");
    result = ask_and_decrypt(message, turn);
    state = result ? judge(result) : state;
  }
  if (state == Readable::agent_hangs) {
    return fail(ErrorKind::timed_out, "gpg did not answer; gpg-agent seems to hang", std::string(kStopHint));
  }
  if (!result) {
    return tl::unexpected(not_started(std::move(result.error())));
  }
  if (state == Readable::no_agent) {
    return fail(ErrorKind::unavailable,
                "gpg cannot open " + what + ": gpg-agent is not running, and gpg may not start it",
                "start it: gpgconf --launch gpg-agent\nor remove the line no-autostart from gpg.conf or common.conf");
  }
  if (state != Readable::now) {
    return tl::unexpected(decryption_error(*result, path, what));
  }
  return std::move(result->output);
}

bool Gpg::is_agent_running() {
  ProcessRequest request;
  request.arguments = {"gpg-connect-agent", "--no-autostart", "GETINFO pid", "/bye"};
  request.time_limit = kAgentLimit;
  const Result<ProcessResult> result = host_.run(request);
  if (!result) {
    return result.error().kind == ErrorKind::unavailable;  // without that tool there is nothing to say against it
  }
  return !result->output.empty();  // its exit code is 0 either way
}

Readable Gpg::judge(const Result<ProcessResult>& attempt) {
  if (!attempt) {
    // While a question is open, gpg-agent (2.2) lets even those wait that want to ask nothing.
    if (attempt.error().kind != ErrorKind::timed_out) {
      return Readable::no;
    }
    return is_agent_running() ? Readable::locked : Readable::agent_hangs;
  }
  const GpgStatus status = parse_gpg_status(attempt->status);
  if (attempt->exit_code == 0 && status.decrypted) {
    return Readable::now;
  }
  if (status.has_key_error(gpg_error::kNoPinentry)) {
    return Readable::locked;
  }
  if (status.damaged) {
    return Readable::no;
  }
  if (!status.key_errors.empty()) {
    return Readable::wrong_passphrase;
  }
  if (!status.missing_keys.empty()) {
    return is_agent_running() ? Readable::no_secret_key : Readable::no_agent;
  }
  return Readable::no;
}

Readable Gpg::look(std::string_view message) {
  const Readable state = judge(try_decrypt(message, false, kLookLimit));
  // With a passphrase in a file, gpg asks nobody; in batch mode not even when that file is missing.
  return state == Readable::locked && is_answered_by_configuration() ? judge(try_decrypt(message, true, kLookLimit))
                                                                     : state;
}

bool Gpg::is_answered_by_configuration() const {
  constexpr std::size_t kConfigurationLimit = std::size_t{256} * 1024;
  const Result<std::string> text = read_file(gnupg_folder(host_) + "/gpg.conf", kConfigurationLimit);
  const std::string options = host_.env("PASSWORD_STORE_GPG_OPTS").value_or("");
  const std::vector<std::string> words = split_words(text.value_or("") + "\n" + options);
  return std::find(words.begin(), words.end(), "loopback") != words.end();
}

Result<Secret> Gpg::encrypt(std::string_view plaintext, const Recipients& recipients) {
  // The options of pass, and no look-up of unknown keys on the network.
  std::vector<std::string> options{"--no-encrypt-to", "--compress-algo=none", "--no-auto-key-locate"};
  for (const std::string& key : recipients.keys) {
    options.insert(options.end(), {"--recipient", key});
  }
  ProcessRequest call = request(options, {"--encrypt"});
  call.input = plaintext;
  call.time_limit = kEncryptLimit;
  Result<ProcessResult> result = host_.run(call);
  if (!result) {
    return tl::unexpected(not_started(std::move(result.error())));
  }
  if (result->exit_code != 0 || !parse_gpg_status(result->status).encrypted || result->output.empty()) {
    return tl::unexpected(encryption_error(*result, recipients));
  }
  return std::move(result->output);
}

Result<std::vector<std::string>> Gpg::verify(const std::string& signature, std::string_view text) {
  ProcessRequest call = request({}, {"--verify", "--", signature, "-"});
  call.input = text;
  Result<ProcessResult> result = host_.run(call);
  if (!result) {
    return tl::unexpected(not_started(std::move(result.error())));
  }
  return parse_gpg_status(result->status).good_signers;
}

}  // namespace keyberth
