// SPDX-License-Identifier: Apache-2.0
#include "helpers/pass/key_doctor.h"

#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <optional>
#include <string_view>

#include "common/process.h"
#include "common/protocol.h"
#include "helpers/pass/entry_path.h"
#include "helpers/pass/gpg_keys.h"
#include "helpers/pass/key_advice.h"
#include "helpers/pass/pinentry.h"
#include "helpers/pass/places.h"
#include "helpers/pass/recipients.h"

namespace keyberth {
namespace {

constexpr std::string_view kProbe = "docker-credential-pass doctor";
constexpr std::chrono::seconds kListLimit{5};
constexpr std::time_t kDay = std::time_t{24} * 60 * 60;
constexpr std::time_t kSoon = 14 * kDay;

/// What KEYINFO of gpg-agent says about the parts of keys that decrypt.
struct AgentKeys {
  bool open = false;    ///< one has no passphrase
  bool cached = false;  ///< the agent has the passphrase of one
};

class Keys {
 public:
  Keys(Host& host, Gpg& gpg, const std::string& store) : host_(host), gpg_(gpg), store_(store) {}

  std::vector<Check> examine() {
    if (find_whom() && can_encrypt()) {
      look();
    }
    return std::move(checks_);
  }

 private:
  bool add(const char* link, Check::State state, std::string finding, std::string remedy = {}) {
    return add({link, state, std::move(finding), std::move(remedy)});
  }

  bool add(Check check) {
    checks_.push_back(std::move(check));
    return checks_.back().state != Check::State::problem;
  }

  bool find_whom() {
    Result<Recipients> found = find_recipients(host_, gpg_, store_, std::string(kFolder));
    if (found) {
      whom_ = std::move(*found);
      std::string keys;
      for (const std::string& key : whom_.keys) {
        keys += (keys.empty() ? "" : ", ") + printable(key);
      }
      return add(kRecipients, Check::State::ok, keys + ", by " + printable(whom_.source));
    }
    const Error& error = found.error();
    const auto signer = host_.env("PASSWORD_STORE_SIGNING_KEY");
    if (const auto trouble = closed_gpg_id()) {
      return add(problem(kRecipients, *trouble));
    }
    if (error.kind == ErrorKind::denied && signer) {
      return add(kRecipients, Check::State::problem, error.message + "; if the keys it names are right, sign it",
                 sign_commands(*signer));
    }
    if (error.kind == ErrorKind::unavailable) {
      whom_.source = nearest_gpg_id();
      return add(advice().choose(kRecipients, error.message));
    }
    return add(problem(kRecipients, error));
  }

  [[nodiscard]] std::string nearest_gpg_id() const {
    const std::string nearer = store_ + "/" + std::string(kFolder) + "/.gpg-id";
    return access(nearer.c_str(), F_OK) == 0 ? nearer : store_ + "/.gpg-id";
  }

  /// In a shared store nothing is taken from the others.
  [[nodiscard]] std::optional<Error> closed_gpg_id() const {
    const std::string path = nearest_gpg_id();
    return is_shared(store_) ? std::nullopt : closed(host_, store_place(host_, store_), path, R_OK, path);
  }

  /// Only full fingerprints count as names of signers.
  [[nodiscard]] std::string sign_commands(const std::string& signers) {
    const std::vector<std::string> names = split_words(signers);
    const std::vector<GpgKey> keys = names.empty() ? std::vector<GpgKey>() : list("--list-keys", names.front());
    const std::string key = keys.empty() ? printable(signers) : keys.front().fingerprint;
    const bool is_full = signers.find(key) != std::string::npos;
    return (is_full ? "" : "export PASSWORD_STORE_SIGNING_KEY=" + key + "\n") + "gpg --yes --local-user " +
           shell_word(key) + " --detach-sign " + shell_word(nearest_gpg_id());
  }

  bool can_encrypt() {
    for (const std::string& name : whom_.keys) {
      const Result<Secret> message = gpg_.encrypt(kProbe, {{name}, whom_.source});
      if (!message) {
        return explain(name, message.error());
      }
    }
    const std::time_t now = std::time(nullptr);
    std::string described;
    for (const std::string& name : whom_.keys) {
      const std::vector<GpgKey> keys = list("--list-keys", name);
      if (keys.empty()) {
        continue;  // the name of a group in gpg.conf
      }
      const GpgKey& key = keys.front();
      described += (described.empty() ? "" : "; ") + key.user_id;
      if (key.expires && *key.expires - now < kSoon) {
        return add(kGpgKey, Check::State::note,
                   describe(name) + " expires in " + std::to_string((*key.expires - now + kDay - 1) / kDay) + " days",
                   extend_commands(key));
      }
    }
    return add(kGpgKey, Check::State::ok, "can encrypt" + (described.empty() ? "" : " for " + described));
  }

  [[nodiscard]] std::string describe(const std::string& name) const {
    return "the GPG key " + printable(name) + ", named in " + printable(whom_.source) + ",";
  }

  /// Why gpg does not encrypt for a key: most often told by its listing.
  bool explain(const std::string& name, const Error& error) {
    constexpr auto kProblem = Check::State::problem;
    const std::vector<GpgKey> keys = list("--list-keys", name);
    if (keys.empty()) {
      return add(advice().bring(name, error.message));
    }
    const GpgKey& key = keys.front();
    const std::string word = shell_word(key.fingerprint);
    const bool is_own = !list("--list-secret-keys", name).empty();
    if (key.validity == 'r') {
      return add(advice().replace(name, is_own, describe(name) + " is revoked"));
    }
    if (key.is_disabled()) {
      return add(kGpgKey, kProblem, describe(name) + " is disabled", "gpg --batch --edit-key " + word + " enable save");
    }
    if (key.validity == 'e' || (!key.encrypts() && !key.expired_subkeys.empty())) {
      return add(kGpgKey, kProblem, describe(name) + " has expired",
                 is_own ? extend_commands(key) : "gpg --refresh-keys " + word);
    }
    if (!key.encrypts()) {
      const std::string finding = describe(name) + " is made for signatures only";
      return is_own ? add(kGpgKey, kProblem, finding, "gpg --quick-add-key " + word + " future-default encr never")
                    : add(advice().replace(name, is_own, finding));
    }
    if (error.message.find("does not trust") != std::string::npos) {
      return add(
          kGpgKey, kProblem, error.message + (is_own ? "" : "; if you have checked that it is its owner's"),
          is_own ? "echo " + key.fingerprint + ":6: | gpg --import-ownertrust" : "gpg --quick-lsign-key " + word);
    }
    return add(kGpgKey, kProblem, error.message, error.hint);
  }

  /// For `*` gpg takes the subkeys that have not expired yet.
  static std::string extend_commands(const GpgKey& key) {
    const std::string command = "gpg --quick-set-expire " + shell_word(key.fingerprint) + " 2y";
    std::string commands = command + "\n" + command;
    for (const std::string& subkey : key.expired_subkeys) {
      commands += " " + subkey;
    }
    return key.expired_subkeys.empty() ? commands + " '*'" : commands;
  }

  void look() {
    const Result<Secret> probe = gpg_.encrypt(kProbe, whom_);
    const Readable state = probe ? gpg_.look(probe->view()) : Readable::no;
    switch (state) {
      case Readable::now:
        describe_open_key();
        return;
      case Readable::locked:
        describe_locked_key();
        return;
      case Readable::wrong_passphrase:
        describe_wrong_passphrase();
        return;
      case Readable::no_secret_key:
        add(advice().bring_secret());
        return;
      case Readable::no_agent:
        add("gpg-agent", Check::State::problem,
            "gpg-agent is not running, and gpg.conf or common.conf forbids gpg to start it",
            "gpgconf --launch gpg-agent");
        return;
      case Readable::agent_hangs:
        add("gpg-agent", Check::State::problem, "gpg-agent does not answer; it starts again by itself when it is ended",
            "pkill -KILL -u \"$(id -u)\" gpg-agent");
        return;
      case Readable::no:
        add("secret key", Check::State::problem, "gpg cannot decrypt what it has just encrypted",
            "echo test | gpg --encrypt --recipient " + shell_word(whom_.keys.front()) + " | gpg --decrypt");
        return;
    }
  }

  void describe_wrong_passphrase() {
    const bool by_option = host_.env("PASSWORD_STORE_GPG_OPTS").value_or("").find("passphrase") != std::string::npos;
    add("passphrase", Check::State::problem,
        "the passphrase that " + std::string(by_option ? "PASSWORD_STORE_GPG_OPTS" : "gpg.conf") +
            " gives does not fit the key; change it there, or let gpg-agent ask",
        by_option ? "export PASSWORD_STORE_GPG_OPTS="
                  : "sed -i '/^passphrase-file/d; /^pinentry-mode/d' " + shell_word(gnupg_folder(host_) + "/gpg.conf"));
  }

  void describe_open_key() {
    const AgentKeys keys = ask_agent();
    const Pinentry pinentry = find_pinentry(host_);
    if (keys.open) {
      add("passphrase", Check::State::ok, "the key has none");
    } else if (!keys.cached || gpg_.is_answered_by_configuration()) {
      add("passphrase", Check::State::ok, "nobody needs to be asked, by gpg's configuration or a card");
    } else if (pinentry.can_ask) {
      add("passphrase", Check::State::ok, "gpg-agent has it, and asks again " + pinentry.place);
    } else {
      add("passphrase", Check::State::note,
          "gpg-agent has it, but when it forgets it (default-cache-ttl in gpg-agent.conf) nobody can be asked here: " +
              pinentry.place);
    }
  }

  void describe_locked_key() {
    const Pinentry pinentry = find_pinentry(host_);
    if (pinentry.can_ask) {
      add("passphrase", Check::State::note,
          "the key is locked; the next login or pull asks for its passphrase " + pinentry.place, unlock_commands());
      return;
    }
    std::string remedy;
    if (!pinentry.installed) {
      remedy = pinentry.configured.empty() ? "sudo apt install pinentry-curses\n"
                                           : "sed -i '/^pinentry-program/d' " + shell_word(pinentry.configured) + "\n";
      remedy += "gpgconf --kill gpg-agent\n";
    }
    add("passphrase", Check::State::problem,
        "the key is locked, and nobody can be asked for its passphrase here: " + pinentry.place +
            (pinentry.installed ? "; unlock it in a terminal" : ""),
        remedy + unlock_commands());
  }

  /// For a person at a terminal; the agent then keeps the passphrase for a while.
  [[nodiscard]] std::string unlock_commands() {
    const auto own = std::find_if(whom_.keys.begin(), whom_.keys.end(),
                                  [&](const std::string& name) { return !list("--list-secret-keys", name).empty(); });
    const std::string& key = own == whom_.keys.end() ? whom_.keys.front() : *own;
    return "export GPG_TTY=\"$(tty)\"\necho test | gpg --encrypt --recipient " + shell_word(key) +
           " | gpg --output /dev/null --yes --decrypt";
  }

  AgentKeys ask_agent() {
    ProcessRequest request;
    request.arguments = {"gpg-connect-agent", "--no-autostart", "KEYINFO --list", "/bye"};
    request.time_limit = kListLimit;
    const Result<ProcessResult> result = host_.run(request);
    AgentKeys keys;
    if (!result) {
      return keys;
    }
    std::vector<std::string> grips;
    for (const std::string& name : whom_.keys) {
      for (const GpgKey& key : list("--list-secret-keys", name)) {
        grips.insert(grips.end(), key.grips.begin(), key.grips.end());
      }
    }
    // "S KEYINFO GRIP TYPE SERIALNO IDSTR CACHED PROTECTION ..." (agent/command.c of GnuPG)
    const std::vector<std::string> words = split_words(result->output.view());
    for (std::size_t i = 0; i + 6 < words.size(); ++i) {
      if (words[i] == "KEYINFO" && std::find(grips.begin(), grips.end(), words[i + 1]) != grips.end()) {
        keys.open = keys.open || words[i + 6] == "C";
        keys.cached = keys.cached || words[i + 5] == "1";
      }
    }
    return keys;
  }

  /// The fingerprint of a key of the user that works; empty when there is none.
  std::string own_key() {
    for (const GpgKey& key : list("--list-secret-keys", "")) {
      // One's own are trusted ultimately.
      if (key.validity == 'u' && key.encrypts()) {
        return key.fingerprint;
      }
    }
    return "";
  }

  KeyAdvice advice() { return {host_, store_, whom_, own_key()}; }

  /// Without a name, every key.
  std::vector<GpgKey> list(const std::string& command, const std::string& name) {
    std::vector<std::string> words{command};
    if (!name.empty()) {
      words.insert(words.end(), {"--", name});
    }
    ProcessRequest request = gpg_.request({"--with-colons", "--fixed-list-mode", "--with-keygrip"}, words);
    request.time_limit = kListLimit;
    const Result<ProcessResult> listing = host_.run(request);
    return listing ? parse_keys(listing->output.view()) : std::vector<GpgKey>();
  }

  Host& host_;
  Gpg& gpg_;
  const std::string& store_;
  Recipients whom_;
  std::vector<Check> checks_;
};

}  // namespace

std::vector<Check> examine_keys(Host& host, Gpg& gpg, const std::string& store) {
  return Keys(host, gpg, store).examine();
}

}  // namespace keyberth
