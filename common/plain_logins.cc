// SPDX-License-Identifier: Apache-2.0
#include "common/plain_logins.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <utility>

#include "common/base64.h"
#include "common/json_text.h"
#include "common/protocol.h"

namespace keyberth {
namespace {

using json_text::find;
using json_text::Member;
using json_text::Object;
using json_text::root_of;
using json_text::scan;
using json_text::text_of;

constexpr std::string_view kTokenUser = "<token>";
constexpr std::array kSecretMembers{"auth", "username", "password", "identitytoken", "registrytoken"};
constexpr const char* kByHand = "mend it by hand; Docker cannot read it either";

/// The members of `auths`; none when it is missing, empty or null.
Result<Object> scan_auths(std::string_view text) {
  Result<Object> root = root_of(text);
  if (!root) {
    return root;
  }
  const Result<const Member*> auths = find(*root, "auths", true);
  if (!auths) {
    return tl::unexpected(auths.error());
  }
  if (*auths == nullptr || text.substr((*auths)->value, 4) == "null") {
    return Object{};
  }
  if (text[(*auths)->value] != '{') {
    return fail(ErrorKind::bad_input, "its auths is no object", kByHand);
  }
  Object entries = scan(text, (*auths)->value);
  std::erase_if(entries.members, [&](const Member& entry) { return text.substr(entry.value, 4) == "null"; });
  std::vector<std::string> keys;
  for (const Member& entry : entries.members) {
    if (text[entry.value] != '{') {
      return fail(ErrorKind::bad_input, "the entry " + printable(entry.key) + " of its auths is no object", kByHand);
    }
    keys.push_back(entry.key);
  }
  std::sort(keys.begin(), keys.end());
  const auto twice = std::adjacent_find(keys.begin(), keys.end());
  if (twice != keys.end()) {  // clients take the last of them, but which one is right?
    return fail(ErrorKind::bad_input, "its auths has " + printable(*twice) + " twice", "remove one of them");
  }
  return entries;
}

/// Docker takes user and password from `auth` when it is there, else from members of their own.
bool read_pair(std::string auth, Credential& credential) {
  std::erase_if(auth, [](char c) { return c == '\r' || c == '\n'; });  // as Docker's decoder does
  const std::optional<Secret> pair = from_base64(auth);
  const std::size_t colon = pair ? pair->view().find(':') : std::string_view::npos;
  if (colon == std::string_view::npos) {
    return false;
  }
  credential.username = pair->view().substr(0, colon);
  std::string_view password = pair->view().substr(colon + 1);
  password.remove_suffix(password.size() - (password.find_last_not_of('\0') + 1));  // as Docker does
  credential.secret = Secret(password);
  return true;
}

Result<std::optional<PlainLogin>> read_login(std::string_view text, const Member& entry) {
  const Object fields = scan(text, entry.value);
  std::array<std::string, kSecretMembers.size()> values;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Result<const Member*> member = find(fields, kSecretMembers.at(i), true);
    if (!member) {
      return tl::unexpected(member.error());
    }
    values.at(i) = text_of(text, *member);
  }
  const auto& [auth, username, password, identity_token, registry_token] = values;
  PlainLogin login{{entry.key, username, Secret(password)}};
  if (auth.empty() && password.empty() && identity_token.empty() && registry_token.empty()) {
    return std::nullopt;
  }
  if (!auth.empty() && !read_pair(auth, login.credential)) {
    login.obstacle = "its auth is not the base64 of user:password";
  }
  const bool broken = !auth.empty() && (!login.obstacle.empty() || login.credential.username.empty());
  if (!registry_token.empty()) {
    login.obstacle = "it is a registry token, for which the helpers' protocol has no place";
  } else if (!identity_token.empty() && !login.credential.secret.view().empty()) {
    login.obstacle = "it has a password and an identity token, and a helper keeps one of them";
  } else if (!identity_token.empty()) {
    login = {{entry.key, std::string(kTokenUser), Secret(identity_token)}};
  }
  if (login.obstacle.empty()) {
    // What a client could not store either.
    const Result<Credential> accepted = parse_credential(format_credential(entry.key, login.credential).view());
    login.obstacle = accepted ? "" : accepted.error().message;
  }
  login.broken = broken;
  return login;
}

}  // namespace

Result<std::vector<PlainLogin>> plain_logins(std::string_view text) {
  const Result<Object> entries = scan_auths(text);
  if (!entries) {
    return tl::unexpected(entries.error());
  }
  std::vector<PlainLogin> logins;
  for (const Member& entry : entries->members) {
    Result<std::optional<PlainLogin>> login = read_login(text, entry);
    if (!login) {
      return tl::unexpected(login.error());
    }
    if (*login) {
      logins.push_back(std::move(**login));
    }
  }
  return logins;
}

bool knows_servers(std::string_view text) {
  const Result<Object> entries = scan_auths(text);
  return entries && !entries->members.empty();
}

Result<std::string> without_plain_logins(std::string_view text, const std::vector<std::string>& servers) {
  const Result<Object> entries = scan_auths(text);
  if (!entries) {
    return tl::unexpected(entries.error());
  }
  std::vector<std::size_t> places;
  for (const std::string& server : servers) {
    const Result<const Member*> entry = find(*entries, server, false);
    if (!entry) {
      return tl::unexpected(entry.error());
    }
    if (*entry != nullptr) {
      places.push_back((*entry)->value);
    }
  }
  // From the back, where a change moves none of the places that are still to come.
  std::sort(places.begin(), places.end(), std::greater<>());
  std::string result(text);
  for (const std::size_t place : places) {
    for (const char* name : kSecretMembers) {
      const Object fields = scan(result, place);
      const Result<const Member*> field = find(fields, name, true);
      if (!field) {
        return tl::unexpected(field.error());
      }
      result = *field == nullptr ? result : json_text::without(result, fields, **field);
    }
  }
  return result;
}

}  // namespace keyberth
