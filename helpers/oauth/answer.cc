// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/answer.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "helpers/oauth/json.h"

namespace keyberth::oauth {
namespace {

constexpr std::array<std::pair<ErrorKind, std::string_view>, 10> kKinds{{
    {ErrorKind::usage, "usage"},
    {ErrorKind::bad_input, "bad_input"},
    {ErrorKind::not_found, "not_found"},
    {ErrorKind::unavailable, "unavailable"},
    {ErrorKind::locked, "locked"},
    {ErrorKind::denied, "denied"},
    {ErrorKind::timed_out, "timed_out"},
    {ErrorKind::damaged, "damaged"},
    {ErrorKind::limit, "limit"},
    {ErrorKind::internal, "internal"},
}};

ErrorKind kind_of(std::string_view word) {
  const auto* found = std::find_if(kKinds.begin(), kKinds.end(), [&](const auto& kind) { return kind.second == word; });
  return found == kKinds.end() ? ErrorKind::internal : found->first;
}

}  // namespace

std::string_view kind_word(ErrorKind kind) {
  const auto* found =
      std::find_if(kKinds.begin(), kKinds.end(), [&](const auto& known) { return known.first == kind; });
  return found == kKinds.end() ? "internal" : found->second;
}

Secret write_answer(const Result<Session::Minted>& answer) {
  Json object = Json::make_object();
  if (answer) {
    object.set("username", Json::of(std::string_view(answer->username)));
    object.set("secret", Json::of(answer->secret.view()));
  } else {
    object.set("kind", Json::of(kind_word(answer.error().kind)));
    object.set("message", Json::of(std::string_view(answer.error().message)));
    object.set("hint", Json::of(std::string_view(answer.error().hint)));
  }
  Secret line = write_json(object);
  line.push_back('\n');
  return line;
}

Result<Session::Minted> read_answer(std::string_view text) {
  const Result<Json> object = parse_json(text, {.comments = false, .limit = std::size_t{1024} * 1024, .max_depth = 4});
  if (!object) {
    return fail(ErrorKind::internal, "docker-credential-oauth-net gave no answer that can be read",
                "see what it says: DOCKER_CREDENTIAL_LOG=debug docker-credential-oauth get");
  }
  if (auto kind = object->text("kind")) {
    return fail(kind_of(*kind), object->text("message").value_or(""), object->text("hint").value_or(""));
  }
  const Json* username = object->find("username");
  const Json* secret = object->find("secret");
  if (username == nullptr || secret == nullptr || username->type != Json::Type::string ||
      secret->type != Json::Type::string) {
    return fail(ErrorKind::internal, "docker-credential-oauth-net gave an answer without a credential");
  }
  Session::Minted minted;
  minted.username = username->string;
  minted.secret = Secret(secret->string);
  return minted;
}

}  // namespace keyberth::oauth
