// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/session.h"

#include <algorithm>
#include <utility>

#include "helpers/oauth/json.h"

namespace keyberth::oauth {
namespace {

constexpr double kVersion = 1;
constexpr std::size_t kSessionLimit = std::size_t{512} * 1024;
constexpr UnixTime kLatest = 253402300799;  // the end of the year 9999

Json number(UnixTime value) { return Json::of(static_cast<double>(value)); }

UnixTime time_of(const Json& object, std::string_view name) {
  const double value = object.amount(name).value_or(0);
  return value >= 0 && value <= static_cast<double>(kLatest) ? static_cast<UnixTime>(value) : 0;
}

std::string text_of(const Json& object, std::string_view name) { return object.text(name).value_or(""); }

Secret secret_of(const Json& object, std::string_view name) {
  const Json* member = object.find(name);
  return Secret(member == nullptr ? std::string_view() : std::string_view(member->string));
}

/// Only what is there: stores have size limits, and most fields are empty in most sessions.
void set_text(Json& object, std::string_view name, std::string_view value) {
  if (!value.empty()) {
    object.set(name, Json::of(value));
  }
}

void set_time(Json& object, std::string_view name, UnixTime value) {
  if (value != 0) {
    object.set(name, number(value));
  }
}

Json write_minted(const Session::Minted& minted) {
  Json entry = Json::make_object();
  set_text(entry, "registry", minted.registry);
  set_text(entry, "username", minted.username);
  set_text(entry, "secret", minted.secret.view());
  set_time(entry, "obtained", minted.obtained);
  set_time(entry, "expires", minted.expires);
  return entry;
}

}  // namespace

const Session::Minted* Session::find(std::string_view registry) const {
  const auto found =
      std::find_if(minted.begin(), minted.end(), [&](const Minted& entry) { return entry.registry == registry; });
  return found == minted.end() ? nullptr : &*found;
}

bool Session::is_logged_out(std::string_view registry) const {
  return std::find(logged_out.begin(), logged_out.end(), registry) != logged_out.end();
}

void Session::put(Minted entry) {
  const auto found =
      std::find_if(minted.begin(), minted.end(), [&](const Minted& old) { return old.registry == entry.registry; });
  if (found == minted.end()) {
    minted.push_back(std::move(entry));
  } else {
    *found = std::move(entry);
  }
}

Secret write_session(const Session& session) {
  Json value = Json::make_object();
  value.set("version", Json::of(kVersion));
  set_text(value, "issuer", session.issuer);
  set_text(value, "client_id", session.client_id);
  set_text(value, "token_endpoint", session.token_endpoint);
  set_text(value, "revocation_endpoint", session.revocation_endpoint);
  set_text(value, "identity", session.identity);
  set_text(value, "scope", session.scope);
  set_text(value, "refresh_token", session.refresh_token.view());
  set_text(value, "access_token", session.access_token.view());
  set_text(value, "id_token", session.id_token.view());
  set_time(value, "obtained", session.obtained);
  set_time(value, "expires", session.expires);
  set_text(value, "dead", session.dead);
  set_time(value, "refresh_sent", session.refresh_sent);
  set_time(value, "keeps_refresh_token", session.keeps_refresh_token ? 1 : 0);
  value.set("minted", Json::array_of(session.minted, write_minted));
  if (!session.logged_out.empty()) {
    value.set("logged_out", Json::of(session.logged_out));
  }
  return write_json(value);
}

Result<Session> read_session(std::string_view text) {
  const Result<Json> parsed = parse_json(text, {.limit = kSessionLimit});
  if (!parsed || parsed->type != Json::Type::object || !parsed->amount("version")) {
    return fail(ErrorKind::damaged, "what is stored for this login is not a session of docker-credential-oauth");
  }
  if (parsed->amount("version") != kVersion) {
    return fail(ErrorKind::damaged, "the stored login was made by another version of docker-credential-oauth");
  }
  Session session;
  session.issuer = text_of(*parsed, "issuer");
  session.client_id = text_of(*parsed, "client_id");
  session.token_endpoint = text_of(*parsed, "token_endpoint");
  session.revocation_endpoint = text_of(*parsed, "revocation_endpoint");
  session.identity = text_of(*parsed, "identity");
  session.scope = text_of(*parsed, "scope");
  session.refresh_token = secret_of(*parsed, "refresh_token");
  session.access_token = secret_of(*parsed, "access_token");
  session.id_token = secret_of(*parsed, "id_token");
  session.obtained = time_of(*parsed, "obtained");
  session.expires = time_of(*parsed, "expires");
  session.dead = text_of(*parsed, "dead");
  session.refresh_sent = time_of(*parsed, "refresh_sent");
  session.keeps_refresh_token = time_of(*parsed, "keeps_refresh_token") != 0;
  if (const Json* minted = parsed->find("minted"); minted != nullptr) {
    for (const Json& entry : minted->array) {
      session.put({.registry = text_of(entry, "registry"),
                   .username = text_of(entry, "username"),
                   .secret = secret_of(entry, "secret"),
                   .obtained = time_of(entry, "obtained"),
                   .expires = time_of(entry, "expires")});
    }
  }
  if (const Json* names = parsed->find("logged_out"); names != nullptr) {
    std::transform(names->array.begin(), names->array.end(), std::back_inserter(session.logged_out),
                   [](const Json& name) { return name.string; });
  }
  if (session.client_id.empty() || session.token_endpoint.empty()) {
    return fail(ErrorKind::damaged, "the stored login is incomplete");
  }
  return session;
}

Freshness freshness(const Session::Minted& minted, UnixTime now, double jitter) {
  constexpr UnixTime kUnknownLife = 300;
  constexpr UnixTime kMargin = 600;
  constexpr UnixTime kShortLife = 3000;
  constexpr UnixTime kLeastMargin = 60;
  constexpr UnixTime kUseless = 10;
  const UnixTime age = now - minted.obtained;
  if (minted.secret.empty()) {
    return Freshness::expired;
  }
  // After the clock was set back (a negative age) nothing is known about what is left: renew.
  if (minted.expires == 0) {
    return age >= 0 && age < kUnknownLife ? Freshness::fresh : Freshness::aging;
  }
  const UnixTime life = minted.expires - minted.obtained;
  const UnixTime left = minted.expires - now;
  if (left <= 0 || left < std::min(kUseless, life / 4)) {
    return Freshness::expired;
  }
  const UnixTime share = life >= kShortLife ? kMargin : life / 5;
  const UnixTime margin = std::max(share, std::min(kLeastMargin, life / 2));
  const double spread = static_cast<double>(margin) * std::clamp(jitter, 0.0, 1.0) / 10;
  return age >= 0 && static_cast<double>(left) > static_cast<double>(margin) + spread ? Freshness::fresh
                                                                                      : Freshness::aging;
}

}  // namespace keyberth::oauth
