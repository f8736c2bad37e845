// SPDX-License-Identifier: Apache-2.0
#include "helpers/pass/gpg_status.h"

#include <algorithm>
#include <charconv>

#include "common/split.h"
#include "helpers/pass/gpg.h"

namespace keyberth {
namespace {

constexpr std::string_view kPrefix = "[GNUPG:] ";

unsigned number(const std::string& text) {
  unsigned value = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

struct Parser {
  GpgStatus status;
  bool okay = false;
  bool whole = false;
  bool failed = false;

  void take_line(const std::vector<std::string>& words) {
    const std::string& word = words.front();
    const auto argument = [&](std::size_t index) { return index < words.size() ? words[index] : std::string(); };
    if (word == "DECRYPTION_OKAY") {
      okay = true;
    } else if (word == "GOODMDC") {
      whole = true;
    } else if (word == "NODATA" || word == "BADMDC") {
      status.damaged = true;
    } else if (word == "DECRYPTION_FAILED" || word == "FAILURE") {
      failed = true;
    } else if (word == "END_ENCRYPTION") {
      status.encrypted = true;
    } else if (word == "KEYEXPIRED") {
      status.key_expired = true;
    } else if (word == "ENC_TO") {
      status.recipient_ids.push_back(argument(1));
    } else if (word == "NO_SECKEY") {
      status.missing_keys.push_back(argument(1));
    } else if (word == "KEY_CONSIDERED") {
      status.considered.push_back(argument(1));
    } else if (word == "ERROR" && argument(1) == "pkdecrypt_failed") {
      status.key_errors.push_back(number(argument(2)) & 0xFFFFU);
    } else if (word == "INV_RECP" && status.bad_recipient.empty()) {
      status.bad_recipient_reason = number(argument(1));
      status.bad_recipient = argument(2);
    } else if (word == "VALIDSIG") {
      status.good_signers.push_back(argument(1));
      status.good_signers.push_back(words.back());
    } else if (word == "KEY_CREATED") {
      status.created = argument(2);
    }
  }
};

}  // namespace

bool GpgStatus::has_key_error(unsigned code) const {
  return std::find(key_errors.begin(), key_errors.end(), code) != key_errors.end();
}

GpgStatus parse_gpg_status(std::string_view text) {
  Parser parser;
  for (const std::string_view line : split(text, '\n')) {
    if (!line.starts_with(kPrefix)) {
      continue;
    }
    if (const std::vector<std::string> words = split_words(line.substr(kPrefix.size())); !words.empty()) {
      parser.take_line(words);
    }
  }
  GpgStatus& status = parser.status;
  status.damaged = status.damaged || status.has_key_error(gpg_error::kChecksum);
  status.decrypted = parser.okay && parser.whole && !parser.failed && !status.damaged;
  return std::move(status);
}

}  // namespace keyberth
