// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <csignal>
#include <ctime>
#include <functional>
#include <random>
#include <utility>

#include "common/protocol.h"
#include "helpers/oauth/answer.h"
#include "helpers/oauth/known.h"
#include "helpers/oauth/logins.h"
#include "helpers/oauth/net/commands.h"
#include "helpers/oauth/net/jwt.h"
#include "helpers/oauth/net/mint.h"
#include "helpers/oauth/session_lock.h"
#include "helpers/oauth/vault.h"

namespace keyberth::oauth {
namespace {

using Clock = Host::Clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// The caller waits 18 s. Whoever holds the lock needs no more than this, so whoever waits for it comes to its turn.
constexpr seconds kWholeTime{17};
constexpr seconds kLockWait{12};
constexpr seconds kRequestTime{9};
/// A refresh whose answer we could not wait for spends the token for nothing: with less time left, none is sent.
constexpr seconds kLeastForRefresh{3};
constexpr int kSaveAttempts = 3;

double jitter() {
  std::random_device device;
  return std::uniform_real_distribution<double>(0, 1)(device);
}

/// Cuts every request short at the end of our own time.
class BoundedHttp final : public Http {
 public:
  BoundedHttp(Http& http, Host& host, Clock::time_point deadline) : http_(http), host_(host), deadline_(deadline) {}

  [[nodiscard]] tl::expected<HttpAnswer, HttpFailure> send(const HttpRequest& request) override {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline_ - host_.now());
    HttpRequest bounded{
        request.method,
        request.url,
        request.headers,
        Secret(request.authorization.view()),
        Secret(request.body.view()),
        request.content_type,
        request.ca_file,
        request.client,
        request.allow_http_loopback,
        request.answer_limit,
        std::clamp<milliseconds>(left, seconds(1), std::min<milliseconds>(request.time_limit, kRequestTime)),
        before_sending_};
    return http_.send(bounded);
  }

  /// For the requests from now on.
  void set_before_sending(std::function<bool()> action) { before_sending_ = std::move(action); }

 private:
  Http& http_;
  Host& host_;
  Clock::time_point deadline_;
  std::function<bool()> before_sending_;
};

/// One run of renew(), under the lock.
class Renewal {
 public:
  Renewal(Host& host, Http& http, Vault& vault, const Rule& rule, std::string registry, std::string key,
          Clock::time_point deadline)
      : host_(host),
        http_(http, host, deadline),
        vault_(vault),
        rule_(rule),
        registry_(std::move(registry)),
        key_(std::move(key)),
        deadline_(deadline) {}

  Result<Session> run(bool force) {
    KEYBERTH_TRY(read());
    const Session::Minted* minted = session_.find(registry_);
    if (!force && minted != nullptr && freshness(*minted, now(), jitter()) == Freshness::fresh) {
      return std::move(session_);
    }
    if (source_freshness() != Freshness::fresh) {
      Result<> refreshed = refresh_session(/*may_repeat=*/true);
      if (!refreshed && over_) {
        return pass_on(std::move(refreshed));
      }
      if (!refreshed) {
        return make_do(std::move(refreshed).error());
      }
    }
    return mint_and_save();
  }

 private:
  static UnixTime now() { return std::time(nullptr); }

  /// A login that ended; the words are for people.
  [[nodiscard]] tl::unexpected<Error> login_needed(std::string_view why) {
    over_ = true;
    return fail(ErrorKind::locked, "the login to " + registry_ + " " + std::string(why),
                "log in again: " + login_command(registry_));
  }

  Result<> read() {
    Result<Session> session = vault_.load(key_);
    if (!session) {
      return pass_on(std::move(session));
    }
    session_ = std::move(*session);
    return check_session();
  }

  /// R1: tokens go only where they came from, so a changed configuration needs a new login.
  [[nodiscard]] Result<> check_session() {
    if (session_.is_logged_out(registry_)) {
      over_ = true;
      return fail(ErrorKind::not_found, std::string(kNotFound));
    }
    if (!session_.dead.empty()) {
      return login_needed(has_ended(session_));
    }
    return belongs(session_, rule_) ? Result<>() : login_needed(kOtherProvider);
  }

  /// How good the token is of which the credential is made.
  [[nodiscard]] Freshness source_freshness() const {
    const bool uses_id = rule_.mint.shape == Shape::id_token ||
                         (rule_.mint.shape == Shape::exchange && rule_.mint.subject == "id_token") ||
                         (rule_.mint.shape == Shape::http_json && rule_.mint.token == "id_token");
    Session::Minted source;
    source.obtained = session_.obtained;
    source.secret = Secret((uses_id ? session_.id_token : session_.access_token).view());
    source.expires = uses_id ? jwt_expiry(source.secret.view()) : session_.expires;
    const bool lasts = source.expires == 0 && session_.refresh_token.empty();
    return lasts ? Freshness::fresh : freshness(source, now(), jitter());
  }

  Result<> save() {
    Result<> saved = vault_.save(key_, session_);
    for (int attempt = 1; !saved && attempt < kSaveAttempts && host_.now() < deadline_; ++attempt) {
      host_.sleep_until(host_.now() + milliseconds(200));
      saved = vault_.save(key_, session_);
    }
    return saved;
  }

  /// Uses the refresh token once. After success the session is saved.
  Result<> refresh_session(bool may_repeat) {
    if (session_.refresh_token.empty()) {
      return source_freshness() == Freshness::expired
                 ? Result<>(login_needed(kNothingToRenew))
                 : fail(ErrorKind::unavailable, "the provider gave nothing to renew the login with");
    }
    if (session_.refresh_sent != 0) {
      return source_freshness() == Freshness::expired
                 ? Result<>(login_needed(kAnswerLost))
                 : fail(ErrorKind::unavailable, "the login " + std::string(kAnswerLost));
    }
    if (host_.now() + kLeastForRefresh > deadline_) {
      return fail(ErrorKind::timed_out, "no time was left to renew the login to " + registry_,
                  "other programs were busy with it; try again");
    }
    // Marked as late as can be: whoever dies while it still waits for a connection has not spent the token.
    Result<> marked;
    http_.set_before_sending([&] {
      if (session_.keeps_refresh_token) {
        return true;
      }
      session_.refresh_sent = now();
      marked = vault_.save(key_, session_);
      return marked.has_value();
    });
    auto tokens = refresh(http_, rule_, session_, now());
    http_.set_before_sending({});
    KEYBERTH_TRY(std::move(marked));
    if (tokens) {
      take(std::move(*tokens));
      return save();
    }
    return refresh_failed(std::move(tokens).error(), may_repeat);
  }

  void take(Tokens tokens) {
    session_.access_token = std::move(tokens.access_token);
    session_.keeps_refresh_token = tokens.refresh_token.empty() || tokens.refresh_token.equals(session_.refresh_token);
    if (!tokens.refresh_token.empty()) {  // RFC 6749 section 6: without a new one the old one stays
      session_.refresh_token = std::move(tokens.refresh_token);
    }
    if (!tokens.id_token.empty() && is_ours(tokens.id_token.view())) {
      session_.id_token = std::move(tokens.id_token);
    }
    if (!tokens.scope.empty()) {
      session_.scope = std::move(tokens.scope);
    }
    session_.obtained = now();
    session_.expires = tokens.expires;
    session_.refresh_sent = 0;
  }

  /// OpenID Connect Core 12.2: the same issuer, client and subject as at the login.
  [[nodiscard]] bool is_ours(std::string_view id_token) const {
    Metadata metadata;
    metadata.issuer = session_.issuer;
    const Result<Json> claims = id_token_claims(id_token, metadata, rule_, {}, now());
    const Result<Json> former = jwt_claims(session_.id_token.view());
    const bool good = claims && (!former || former->text("sub") == claims->text("sub"));
    if (!good) {
      host_.debug("renew: an ID token of somebody else was left aside");
    }
    return good;
  }

  Result<> refresh_failed(TokenFailure failure, bool may_repeat) {
    if (failure.code == "invalid_grant") {
      return refused(failure, may_repeat);
    }
    if (!failure.maybe_spent && session_.refresh_sent != 0) {
      session_.refresh_sent = 0;
      if (Result<> saved = save(); !saved) {
        host_.debug("renew: " + saved.error().message);
      }
    }
    host_.debug("renew: " + failure.error.message);
    if (failure.maybe_spent && !session_.keeps_refresh_token) {
      return fail(ErrorKind::locked,
                  "the login to " + registry_ + " " + std::string(kAnswerLost) + ": " + failure.error.message,
                  "log in again: " + login_command(registry_));
    }
    return tl::unexpected(std::move(failure.error));
  }

  /// The provider refuses the refresh token. Perhaps another computer with the same vault has changed it; otherwise
  /// nobody asks again.
  Result<> refused(const TokenFailure& failure, bool may_repeat) {
    Result<Session> stored = vault_.load(key_);
    if (stored && !stored->refresh_token.equals(session_.refresh_token)) {
      session_ = std::move(*stored);
      KEYBERTH_TRY(check_session());
      if (source_freshness() == Freshness::fresh) {
        return {};
      }
      if (may_repeat) {
        return refresh_session(/*may_repeat=*/false);
      }
    }
    session_.dead = "the provider has revoked it, or it was not used for too long";
    session_.refresh_sent = 0;
    session_.refresh_token = {};
    session_.access_token = {};
    session_.id_token = {};
    session_.minted.clear();
    if (Result<> saved = save(); !saved) {
      host_.debug("renew: " + saved.error().message);
    }
    host_.debug("renew: " + failure.error.message);
    return login_needed(has_ended(session_));
  }

  /// The login could not be renewed now; whatever is still good serves until it ends.
  Result<Session> make_do(Error error) {
    const Session::Minted* minted = session_.find(registry_);
    if (minted != nullptr && freshness(*minted, now(), 0) != Freshness::expired) {
      host_.debug("renew: the former credential is served, it is still good");
      return std::move(session_);
    }
    if (source_freshness() == Freshness::expired) {
      return tl::unexpected(std::move(error));
    }
    return mint_and_save();
  }

  Result<Session> mint_and_save() {
    Result<Session::Minted> minted = mint(http_, rule_, registry_, session_, now());
    if (!minted) {
      const Session::Minted* former = session_.find(registry_);
      const bool is_good = former != nullptr && freshness(*former, now(), 0) != Freshness::expired;
      const ErrorKind kind = minted.error().kind;
      if (is_good && (kind == ErrorKind::unavailable || kind == ErrorKind::timed_out)) {
        return std::move(session_);
      }
      return pass_on(std::move(minted));
    }
    if (freshness(*minted, now(), 0) == Freshness::expired) {
      return fail(ErrorKind::unavailable, "the provider gave a credential for " + registry_ + " that has already ended",
                  "check the clock of this computer: date");
    }
    const bool is_new = session_.find(registry_) == nullptr;
    const std::string username = minted->username;
    session_.put(std::move(*minted));
    KEYBERTH_TRY(save());
    if (is_new) {  // it shares another registry's session: `list` shows it from now on
      (void)remember_login(host_, {registry_, username, vault_.name(), key_});
    }
    return std::move(session_);
  }

  Host& host_;
  BoundedHttp http_;
  Vault& vault_;
  const Rule& rule_;
  std::string registry_;
  std::string key_;
  Clock::time_point deadline_;
  Session session_;
  bool over_ = false;  ///< nothing but a new login helps
};

/// A dead caller must not end a refresh half way. A handler, not SIG_IGN, because programs that we start would inherit
/// that.
void outlive_the_caller() {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  action.sa_flags = SA_RESTART;
  for (const int signal : {SIGHUP, SIGINT, SIGTERM}) {
    (void)sigaction(signal, &action, nullptr);
  }
}

}  // namespace

Result<Session> renew(Host& host, Http& http, const Config& config, const Rule& rule, const std::string& registry,
                      bool force) {
  const auto deadline = host.now() + kWholeTime;
  const std::string key = session_key(rule, registry);
  Result<Vault> vault = choose_vault(host, config.vault);
  if (!vault) {
    return pass_on(std::move(vault));
  }
  const Result<FileLock> lock = lock_session(host, key, kLockWait);
  if (!lock) {
    return fail(lock.error().kind, "another program has been renewing the login to " + registry + " for too long",
                lock.error().message);
  }
  return Renewal(host, http, *vault, rule, registry, key, deadline).run(force);
}

Result<> renew_registry(Tools& tools, const Arguments& arguments) {
  if (arguments.size() != 1) {
    return fail(ErrorKind::usage, "Usage: docker-credential-oauth-net renew REGISTRY");
  }
  outlive_the_caller();
  const std::string& registry = arguments.front();
  const auto answer = [&]() -> Result<Session::Minted> {
    Result<Config> config = load_config(tools.host);
    if (!config) {
      return pass_on(std::move(config));
    }
    const Rule* rule = find_rule(*config, registry);
    if (rule == nullptr) {
      return fail(ErrorKind::not_found, "no rule names " + printable(registry));
    }
    Result<Session> session = renew(tools.host, tools.http, *config, *rule, registry, /*force=*/false);
    if (!session) {
      return pass_on(std::move(session));
    }
    const Session::Minted* minted = session->find(registry);
    if (minted == nullptr) {
      return fail(ErrorKind::internal, "no credential was made for " + registry);
    }
    return Session::Minted{registry, minted->username, Secret(minted->secret.view()), minted->obtained,
                           minted->expires};
  }();
  // Nobody may be there to read it any more; the session is stored all the same.
  (void)tools.screen.answer(write_answer(answer).view());
  return {};
}

}  // namespace keyberth::oauth
