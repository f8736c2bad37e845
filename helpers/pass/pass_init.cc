// SPDX-License-Identifier: Apache-2.0
#include "helpers/pass/pass_init.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <optional>
#include <system_error>

#include "common/files.h"
#include "common/protocol.h"
#include "helpers/pass/gpg.h"
#include "helpers/pass/gpg_keys.h"
#include "helpers/pass/gpg_status.h"
#include "helpers/pass/key_files.h"
#include "helpers/pass/pass_store.h"
#include "helpers/pass/places.h"
#include "helpers/pass/recipients.h"

namespace keyberth {
namespace {

constexpr std::string_view kProbe = "docker-credential-pass init";
constexpr std::string_view kTerminalHint =
    "run this in a terminal, where gpg can ask for a passphrase (Debian: apt install pinentry-curses)\n"
    "for a server without people: docker-credential-pass init --no-passphrase";

/// A new passphrase takes longer than a known one: it is thought up, typed twice, and perhaps found too short.
constexpr int kQuestions = 5;

struct Key {
  std::string fingerprint;
  std::string user_id;
  bool is_new = false;
};

std::string user_id(const Host& host) {
  std::array<char, 256> name{};
  (void)gethostname(name.data(), name.size() - 1);
  return "Docker credentials (" + host.env("USER").value_or("uid " + std::to_string(getuid())) + " on " + name.data() +
         ")";
}

class Setup {
 public:
  Setup(Host& host, std::string store, bool passphrase)
      : host_(host), gpg_(host), store_(std::move(store)), passphrase_(passphrase) {}

  Result<std::string> run() {
    Result<Key> key = choose_key();
    if (!key) {
      return pass_on(std::move(key));
    }
    Result<> done = prove(key->fingerprint);
    if (done) {
      done = write_store(key->fingerprint);
    }
    if (!done) {
      remove_key(*key);
      return pass_on(std::move(done));
    }
    return report(*key);
  }

 private:
  Result<Key> choose_key() {
    const Result<ProcessResult> listing =
        host_.run(gpg_.request({"--with-colons", "--fixed-list-mode"}, {"--list-secret-keys"}));
    if (!listing) {
      return tl::unexpected(listing.error());
    }
    for (const GpgKey& key : parse_keys(listing->output.view())) {
      // One's own are trusted ultimately.
      if (key.validity != 'u' || !key.encrypts()) {
        continue;
      }
      // A key that needs a passphrase is no key for a server without people.
      const Result<Secret> message = gpg_.encrypt(kProbe, {{key.fingerprint}, "the key ring"});
      if (message && (passphrase_ || gpg_.look(message->view()) == Readable::now)) {
        return Key{key.fingerprint, key.user_id, false};
      }
    }
    return make_key();
  }

  Result<Key> make_key() {
    // gpg makes ~/.gnupg by itself, but no other folder.
    if (const auto folder = host_.env("GNUPGHOME")) {
      KEYBERTH_TRY(make_folders(*folder, 0700));
    }
    const std::string name = user_id(host_);
    std::vector<std::string> options;
    if (!passphrase_) {
      options = {"--pinentry-mode", "loopback", "--passphrase", ""};
    }
    // No end of validity: the key never leaves this account, and an expired one would stop docker login one day.
    ProcessRequest call = gpg_.request(options, {"--quick-generate-key", name, "future-default", "default", "never"});
    call.interactive = passphrase_;
    call.time_limit = kQuestions * patience(host_);
    if (const auto terminal = host_.terminal(); terminal && !host_.env("GPG_TTY")) {
      call.environment = {{"GPG_TTY", *terminal}};
    }
    const Result<ProcessResult> result = host_.run(call);
    if (!result && result.error().kind == ErrorKind::timed_out) {
      return fail(ErrorKind::timed_out, "nobody answered the question for the passphrase of the new GPG key",
                  "allow more seconds: export DOCKER_CREDENTIAL_TIMEOUT=300\n" + std::string(kTerminalHint));
    }
    if (!result) {
      return tl::unexpected(result.error());
    }
    const GpgStatus status = parse_gpg_status(result->status);
    if (result->exit_code != 0 || status.created.empty()) {
      return tl::unexpected(not_made(result->errors));
    }
    return Key{status.created, name, true};
  }

  /// Where gpg could not ask, it has said so at the terminal; without a passphrase it has nothing to ask, and the last
  /// line of what it says is the cause.
  [[nodiscard]] Error not_made(std::string_view said) const {
    if (const auto terminal = host_.terminal();
        passphrase_ && terminal && access(terminal->c_str(), R_OK | W_OK) != 0) {
      return {ErrorKind::locked,
              "gpg may not ask at " + *terminal + ", which belongs to another user, as it does after su",
              "on a terminal of its own: script -qc 'docker-credential-pass init' /dev/null"};
    }
    if (passphrase_) {
      return {ErrorKind::locked, "gpg did not make a key", std::string(kTerminalHint)};
    }
    said = said.substr(0, said.find_last_not_of('\n') + 1);
    const std::string home = host_.env("GNUPGHOME").value_or(host_.env("HOME").value_or("") + "/.gnupg");
    return {ErrorKind::unavailable, "gpg did not make a key: " + printable(said.substr(said.rfind('\n') + 1)),
            "gpg's folder must be yours and writable: ls -ld " + shell_word(home)};
  }

  /// A message goes there and back; a locked key asks for its passphrase now.
  Result<> prove(const std::string& fingerprint) {
    Result<Secret> message = gpg_.encrypt(kProbe, {{fingerprint}, "the key ring"});
    if (!message) {
      return pass_on(std::move(message));
    }
    Result<Secret> plaintext = gpg_.decrypt(message->view(), "", "the new password store");
    if (!plaintext && plaintext.error().kind == ErrorKind::locked) {
      plaintext.error().hint = kTerminalHint;
    }
    if (!plaintext) {
      return pass_on(std::move(plaintext));
    }
    if (plaintext->view() != kProbe) {
      return fail(ErrorKind::internal, "gpg decrypted a test message to something else");
    }
    return {};
  }

  Result<> write_store(const std::string& fingerprint) {
    const StoreUmask mode(host_);
    std::error_code problem;
    const bool was_there = std::filesystem::exists(store_, problem);
    Result<> done = make_folders(store_, 0777);
    if (done) {
      done = replace_file(store_ + "/.gpg-id", fingerprint + "\n", 0666);
    }
    if (!done && !was_there) {
      (void)rmdir(store_.c_str());
    }
    return done;
  }

  void remove_key(const Key& key) {
    if (key.is_new) {
      (void)host_.run(gpg_.request({}, {"--delete-secret-and-public-key", "--", key.fingerprint}));
    }
  }

  [[nodiscard]] std::string report(const Key& key) const {
    const char* third = key.is_new && passphrase_ ? "; the third question was for this" : "";
    std::string text = (key.is_new ? "Made the GPG key     " : "Uses your GPG key    ") + key.fingerprint + "\n" +
                       "                     " + printable(key.user_id) + "\n" + "Made the store       " +
                       printable(store_) + "\n" + "Tested               a message was encrypted and read back" + third +
                       "\n";
    if (key.is_new && !passphrase_) {
      text += "\nThe key has no passphrase: whoever can read your files can read the logins.\n";
    }
    if (key.is_new) {
      text +=
          "\nKeep a copy of the key in a safe place; without it the logins cannot be read:\n"
          "    gpg --armor --export-secret-keys " +
          key.fingerprint + "\n";
    }
    return text +
           "\nNow let Docker use it, and log in:\n    docker-credential-pass configure\n    docker login REGISTRY\n";
  }

  Host& host_;
  Gpg gpg_;
  std::string store_;
  bool passphrase_;
};

}  // namespace

Result<std::string> pass_init(Host& host, const std::vector<std::string>& arguments) {
  const bool no_passphrase = arguments == std::vector<std::string>{"--no-passphrase"};
  if (!arguments.empty() && !no_passphrase) {
    return fail(ErrorKind::usage, "usage: docker-credential-pass init [--no-passphrase]");
  }
  Result<std::string> store = store_folder(host);
  if (!store) {
    return pass_on(std::move(store));
  }
  if (const auto found = find_gpg_id(*store)) {
    return fail(ErrorKind::bad_input, "there is a password store already: " + printable(*found),
                "it was not changed; to choose another key for it: pass init KEY");
  }
  for (const Place& place : {gnupg_place(host), store_place(host, *store)}) {
    if (auto trouble = home_trouble(host, place, R_OK | W_OK | X_OK)) {
      return tl::unexpected(std::move(*trouble));
    }
    if (auto trouble = obstacle(place)) {
      return tl::unexpected(std::move(*trouble));
    }
  }
  if (auto trouble = closed_rings(host)) {
    return tl::unexpected(std::move(*trouble));
  }
  if (auto trouble = socket_trouble(host)) {
    return tl::unexpected(std::move(*trouble));
  }
  if (host.env("PASSWORD_STORE_SIGNING_KEY")) {
    return fail(ErrorKind::bad_input, "PASSWORD_STORE_SIGNING_KEY is set, so the store needs a signature",
                "let pass make and sign it: pass init KEY");
  }
  return Setup(host, *store, !no_passphrase).run();
}

}  // namespace keyberth
