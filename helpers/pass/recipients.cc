// SPDX-License-Identifier: Apache-2.0
#include "helpers/pass/recipients.h"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <system_error>

#include "common/files.h"
#include "common/protocol.h"
#include "common/split.h"
#include "common/utf8.h"

namespace keyberth {
namespace {

constexpr std::size_t kFileLimit = std::size_t{64} * 1024;
constexpr std::size_t kFingerprintSize = 40;

bool is_fingerprint(std::string_view text) {
  return text.size() == kFingerprintSize && text.find_first_not_of("0123456789ABCDEF") == std::string_view::npos;
}

Result<> check_signature(Gpg& gpg, const std::string& path, std::string_view text, const std::string& wanted) {
  const std::string hint = "sign it again if its content is right: gpg --yes --detach-sign " + shell_word(path);
  if (const Result<std::string> signature = read_file(path + ".sig", kFileLimit); !signature) {
    return fail(ErrorKind::denied, "PASSWORD_STORE_SIGNING_KEY is set, but " + printable(path) + " is not signed",
                hint);
  }
  // gpg is given the very bytes that count, not the file once more.
  const Result<std::vector<std::string>> signers = gpg.verify(path + ".sig", text);
  if (!signers) {
    return tl::unexpected(signers.error());
  }
  for (const std::string& key : split_words(wanted)) {
    if (is_fingerprint(key) && std::find(signers->begin(), signers->end(), key) != signers->end()) {
      return {};
    }
  }
  return fail(ErrorKind::denied,
              "the signature of " + printable(path) + " is not by a key of PASSWORD_STORE_SIGNING_KEY",
              "somebody may have changed for whom your passwords are encrypted; look at the file first\n" + hint);
}

}  // namespace

std::vector<std::string> parse_gpg_id(std::string_view text) {
  std::vector<std::string> keys;
  for (const std::string_view line : split(text, '\n')) {
    if (const std::string_view key = trim(line.substr(0, line.find('#'))); !key.empty()) {
      keys.emplace_back(key);
    }
  }
  return keys;
}

Result<Recipients> find_recipients(Host& host, Gpg& gpg, const std::string& store, const std::string& folder) {
  if (const auto keys = host.env("PASSWORD_STORE_KEY"); keys && !split_words(*keys).empty()) {
    return Recipients{split_words(*keys), "PASSWORD_STORE_KEY"};
  }
  for (std::string current = "/" + folder;; current.resize(current.rfind('/'))) {
    const std::string path = store + current + "/.gpg-id";
    const Result<std::string> text = read_file(path, kFileLimit);
    if (text) {
      if (const auto signing = host.env("PASSWORD_STORE_SIGNING_KEY")) {
        KEYBERTH_TRY(check_signature(gpg, path, *text, *signing));
      }
      Recipients recipients{parse_gpg_id(*text), path};
      if (recipients.keys.empty()) {
        return fail(ErrorKind::unavailable, printable(path) + " names no key",
                    "choose a key (gpg --list-secret-keys), then: pass init KEY");
      }
      return recipients;
    }
    // A folder of that name is passed over, as pass does; a file that may not be read is not.
    if (text.error().kind == ErrorKind::denied || text.error().kind == ErrorKind::limit) {
      return tl::unexpected(text.error());
    }
    if (current.empty()) {
      break;
    }
  }
  return fail(ErrorKind::unavailable, "the password store in " + printable(store) + " is not set up",
              "set it up, with a new GPG key if you have none: docker-credential-pass init\n"
              "or with a key of your choice: pass init KEY");
}

std::optional<std::string> find_gpg_id(const std::string& store) {
  std::error_code problem;
  std::filesystem::recursive_directory_iterator item(store, problem);
  for (; !problem && item != std::filesystem::recursive_directory_iterator(); item.increment(problem)) {
    if (item->path().filename() == ".gpg-id") {
      return item->path().string();
    }
  }
  return std::nullopt;
}

}  // namespace keyberth
