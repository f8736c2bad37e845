// SPDX-License-Identifier: Apache-2.0
#include "helpers/pass/key_advice.h"

#include <sys/stat.h>
#include <unistd.h>

#include "common/files.h"
#include "common/process.h"
#include "common/protocol.h"
#include "helpers/pass/entry_path.h"
#include "helpers/pass/git.h"
#include "helpers/pass/key_doctor.h"
#include "helpers/pass/key_files.h"
#include "helpers/pass/pinentry.h"
#include "helpers/pass/places.h"
#include "helpers/pass/recipients.h"

namespace keyberth {
namespace {

constexpr std::string_view kVariable = "PASSWORD_STORE_KEY";

Check make(const char* link, std::string finding, std::string remedy = {}) {
  return {link, Check::State::problem, std::move(finding), std::move(remedy)};
}

/// For a name that says where to look. Short key ids are nobody's in particular.
std::string fetch_command(std::string_view name) {
  constexpr std::size_t kLongId = 16;
  std::string_view id = name.substr(name.starts_with("0x") ? 2 : 0);
  id = id.substr(0, id.find('!'));
  if (id.size() >= kLongId && id.find_first_not_of("0123456789ABCDEFabcdef") == std::string_view::npos) {
    return "gpg --recv-keys " + std::string(id);
  }
  const std::size_t bracket = name.find('<');
  const std::string_view address = bracket == std::string_view::npos ? name : name.substr(bracket + 1);
  return address.find('@') == std::string_view::npos || address.starts_with('-')
             ? ""
             : "gpg --locate-external-keys " + shell_word(address.substr(0, address.find('>')));
}

}  // namespace

std::string init_command(Host& host) {
  return std::string("docker-credential-pass init") + (find_pinentry(host).can_ask ? "" : " --no-passphrase");
}

/// Not several keys, and nobody else gets at the store, not by a repository either.
bool KeyAdvice::is_for_user_alone() const {
  constexpr unsigned kOthers = 077;
  struct stat info {};
  return whom_.source == kVariable ||
         (whom_.keys.size() < 2 && stat(store_.c_str(), &info) == 0 && (info.st_mode & kOthers) == 0 &&
          !is_shared(store_) && find_repository(store_, std::string(kFolder) + "/x").empty());
}

Check KeyAdvice::bring(const std::string& name, const std::string& finding) {
  if (is_for_user_alone()) {
    return choose(kGpgKey, finding);
  }
  std::vector<std::string> others = whom_.keys;
  std::erase(others, name);
  std::string choice;
  if (!own_.empty()) {
    choice = others.empty() ? "; only if nobody else uses the store, choose your own: " + init_with(own_, {})
                            : "; if nobody has it any more, leave it out: " + init_with("", others);
  }
  const std::string fetch = fetch_command(name);
  return make(kGpgKey, finding + "; import it from where it was made, or from its owner: gpg --import FILE" + choice,
              fetch.empty() ? ""
                            : "This looks for it where keys are published:\n  " + fetch +
                                  "\nWhere nothing is found, nothing changes: then only who has the key can give it.");
}

Check KeyAdvice::replace(const std::string& name, bool is_own, const std::string& finding) {
  if (is_for_user_alone()) {
    return is_own && own_.empty() && whom_.source != kVariable ? renew(finding) : choose(kGpgKey, finding);
  }
  std::vector<std::string> others = whom_.keys;
  std::erase(others, name);
  if (!is_own || own_.empty()) {
    return make(kGpgKey,
                finding + "; its owner needs another one, to be named in its place: " + init_with("KEY", others));
  }
  const std::string install = find_program(host_, "pass").empty() ? "sudo apt install pass\n" : "";
  return make(kGpgKey, finding, install + init_with(own_, others));
}

/// With another key that the user has, `pass init` encrypts anew what the former one opens.
Check KeyAdvice::renew(const std::string& finding) {
  const std::string silent = find_pinentry(host_).can_ask ? "" : "--batch --yes --passphrase '' ";
  return make(kGpgKey, finding + "; it still opens what is there, but encrypts nothing any more",
              "Make another key; then doctor says how the store changes to it:\n  gpg " + silent +
                  "--quick-generate-key 'Docker credentials' future-default default never\n" +
                  "  docker-credential-pass doctor");
}

Check KeyAdvice::bring_secret() {
  constexpr const char* kLink = "secret key";
  const std::string finding = "logins are encrypted for keys whose secret half is not here (" +
                              printable(whom_.source) + "); bring one with gpg --import";
  if (const auto trouble = closed_keys(host_)) {
    return problem(kLink, *trouble);
  }
  if (is_for_user_alone()) {
    return choose(kLink, finding + ", or encrypt for a key that you have");
  }
  return make(kLink,
              finding + " FILE" +
                  (own_.empty() ? "" : ", or let somebody who has one add yours: " + init_with(own_, whom_.keys)));
}

Check KeyAdvice::choose(const char* link, const std::string& finding) {
  // The user's own key may be there, and gpg not see it.
  if (const auto trouble = own_.empty() ? closed_keys(host_) : std::nullopt) {
    return problem(link, *trouble);
  }
  if (!is_for_user_alone()) {
    return make(link, finding + "; bring back what the others have there, or, only if nobody else uses the store: " +
                          (own_.empty() ? init_command(host_) : init_with(own_, {})));
  }
  if (whom_.source == kVariable) {
    return make(link, finding, "export " + std::string(kVariable) + "=");
  }
  if (own_.empty()) {
    const std::string set_aside =
        "mv -nT " + shell_word(store_) + " " + shell_word(free_name(store_ + ".without-key")) + "\n";
    return make(link, finding, (find_gpg_id(store_) ? set_aside : "") + init_command(host_));
  }
  return make(
      link, finding,
      find_program(host_, "pass").empty() ? "echo " + own_ + " > " + shell_word(whom_.source) : init_with(own_, {}));
}

/// For the folder that the keys are named for. `key` may be empty; `others` may be any names.
std::string KeyAdvice::init_with(const std::string& key, const std::vector<std::string>& others) const {
  const std::string folder = whom_.source.substr(0, whom_.source.rfind('/'));
  const std::string below = folder.size() > store_.size() ? folder.substr(store_.size() + 1) : "";
  std::string command = "pass init";
  command += below.empty() ? "" : " --path=" + shell_word(below);
  command += key.empty() ? "" : " " + key;
  for (const std::string& other : others) {
    command += " " + shell_word(other);
  }
  return command;
}

}  // namespace keyberth
