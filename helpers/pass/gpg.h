// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "common/host.h"
#include "common/result.h"
#include "common/secret.h"

namespace keyberth {

class PromptTurn;

/// A recipient of a password store: a key as .gpg-id or PASSWORD_STORE_KEY names it.
struct Recipients {
  std::vector<std::string> keys;
  std::string source;  ///< where they are written down, for error texts
};

/// Whether a message can be read without asking anybody, and if not, what is in the way.
enum class Readable {
  now,
  locked,            ///< a passphrase is needed
  wrong_passphrase,  ///< the user's options gave one that does not fit
  no_secret_key,
  no_agent,     ///< gpg-agent is not running, and gpg may not start it
  agent_hangs,  ///< gpg-agent does not answer
  no,           ///< the message is damaged, or gpg does not run at all
};

/// Runs GnuPG as pass does: gpg2 if there is one, else gpg, with the options of PASSWORD_STORE_GPG_OPTS behind ours.
///
/// What happened is read from gpg's status lines (doc/DETAILS of GnuPG) and never guessed from its exit code: gpg may
/// exit with 0 without having decrypted anything, and writes plaintext before it knows that the message is whole.
class Gpg {
 public:
  explicit Gpg(Host& host) : host_(host) {}

  /// The plaintext of a message. `path` is its file, `what` names it in error texts ("the login of ...").
  ///
  /// First tries without disturbing anybody. Only when the key turns out to be locked, gpg-agent may ask for the
  /// passphrase, for patience(host) at most; parallel processes do so one after another, and a question that somebody
  /// cancels is not asked again by those that waited.
  /// Errors: locked (nobody could be asked, cancelled, wrong passphrase), timed_out, unavailable (no gpg, no secret
  /// key), damaged.
  [[nodiscard]] Result<Secret> decrypt(std::string_view message, const std::string& path, const std::string& what);

  /// What decrypt would meet, without asking anybody; takes some seconds at most.
  [[nodiscard]] Readable look(std::string_view message);

  /// Whether gpg.conf or PASSWORD_STORE_GPG_OPTS say that a passphrase comes from elsewhere than a person (loopback).
  [[nodiscard]] bool is_answered_by_configuration() const;

  /// The message for all `recipients`. Errors name the key that is missing, expired or not trusted.
  [[nodiscard]] Result<Secret> encrypt(std::string_view plaintext, const Recipients& recipients);

  /// Fingerprints (of subkeys and of their primary keys) that made good signatures in the file `signature` over `text`.
  [[nodiscard]] Result<std::vector<std::string>> verify(const std::string& signature, std::string_view text);

  /// gpg2 or gpg, whether it is installed or not.
  [[nodiscard]] const std::string& program();

  /// A call of gpg that reports on descriptor 3: `options`, then the user's options, so that theirs win, then
  /// `command`.
  [[nodiscard]] ProcessRequest request(const std::vector<std::string>& options,
                                       const std::vector<std::string>& command);

 private:
  [[nodiscard]] bool is_agent_running();
  [[nodiscard]] Readable judge(const Result<ProcessResult>& attempt);
  [[nodiscard]] Result<ProcessResult> try_decrypt(std::string_view message, bool may_ask,
                                                  std::chrono::seconds time_limit);
  [[nodiscard]] Result<ProcessResult> ask_and_decrypt(std::string_view message, PromptTurn& turn);

  Host& host_;
  std::string program_;  ///< empty before the first call
};

/// GnuPG's folder: GNUPGHOME, else ~/.gnupg; empty when neither that variable nor HOME is set.
[[nodiscard]] std::string gnupg_folder(const Host& host);

/// The words of a text as a shell splits an unquoted variable: at blanks, tabs and line breaks, no quoting.
[[nodiscard]] std::vector<std::string> split_words(std::string_view text);

}  // namespace keyberth
