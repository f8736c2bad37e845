// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>

#include "common/base64.h"
#include "common/protocol.h"
#include "helpers/oauth/net/mint.h"
#include "helpers/oauth/session_lock.h"
#include "tests/unit/fake_host.h"
#include "tests/unit/scripted_http.h"

namespace keyberth::oauth {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRegistry = "registry.example";
constexpr UnixTime kHour = 3600;

/// A vault in a map, a provider in a lambda; the lock is a real one.
class Renew : public testing::Test {
 protected:
  Renew() : folder_(fs::temp_directory_path() / ("kb-renew-" + std::to_string(getpid()))), rule_(example_rule()) {
    fs::create_directories(folder_);
    fs::permissions(folder_, fs::perms::owner_all);
    host_.variables = {{"XDG_RUNTIME_DIR", folder_}, {"XDG_STATE_HOME", folder_ / "state"}};
    host_.program = [this](const ProcessRequest& request) { return vault(request); };
    config_.vault = "map";
  }
  ~Renew() override { fs::remove_all(folder_); }

  Result<ProcessResult> vault(const ProcessRequest& request) {
    ProcessResult done;
    done.exit_code = 0;
    if (request.arguments.at(1) == "store") {
      if (broken_stores_ > 0) {
        --broken_stores_;
        return fail(ErrorKind::unavailable, "the disk is full");
      }
      const auto credential = parse_credential(request.input);
      stored_ = std::string(credential->secret.view());
      history_.push_back(stored_);
    } else if (stored_.empty()) {
      done.exit_code = 1;
      done.output = Secret(kNotFound);
    } else {
      done.output = format_credential(request.input, {std::string(request.input), "oauth-session", Secret(stored_)});
    }
    return done;
  }

  /// A session whose access token has so many seconds left.
  Session session(UnixTime left, const char* refresh_token = "R1") {
    Session session;
    session.issuer = rule_.issuer;
    session.client_id = rule_.client_id;
    session.token_endpoint = "https://id.example/token";
    session.refresh_token = Secret(refresh_token);
    session.access_token = Secret("A1");
    session.expires = std::time(nullptr) + left;
    session.obtained = session.expires - kHour;
    session.put({kRegistry, "oauth2", Secret("A1"), session.obtained, session.expires});
    return session;
  }
  void store(const Session& session) { stored_ = std::string(write_session(session).view()); }
  Session now_stored() { return read_session(stored_).value(); }

  void provider(long status, const std::string& body) {
    http_.answer = [this, status, body](const HttpRequest&) -> tl::expected<HttpAnswer, HttpFailure> {
      at_request_ = stored_;
      return http_answer(status, body);
    };
  }
  void silent_provider(bool request_sent) {
    http_.answer = [request_sent](const HttpRequest&) -> tl::expected<HttpAnswer, HttpFailure> {
      return http_failure(request_sent);
    };
  }

  Result<Session> run(bool force = false) { return renew(host_, http_, config_, rule_, kRegistry, force); }
  std::string secret(const Result<Session>& session) {
    return session && session->find(kRegistry) != nullptr ? std::string(session->find(kRegistry)->secret.view()) : "";
  }

  static constexpr const char* kNew =
      R"({"access_token":"A2","refresh_token":"R2","token_type":"Bearer","expires_in":3600})";

  fs::path folder_;
  FakeHost host_;
  ScriptedHttp http_;
  Config config_;
  Rule rule_;
  std::string stored_;
  std::string at_request_;
  std::vector<std::string> history_;
  int broken_stores_ = 0;
};

TEST_F(Renew, NobodyIsLoggedIn) {
  const auto done = run();
  ASSERT_FALSE(done);
  EXPECT_EQ(ErrorKind::not_found, done.error().kind);
}

TEST_F(Renew, SomebodyElseHasDoneIt) {
  store(session(kHour));
  EXPECT_EQ("A1", secret(run()));
  EXPECT_TRUE(http_.seen.empty());
  EXPECT_TRUE(history_.empty());
}

TEST_F(Renew, RefreshIsMarkedBeforeAndStoredAfter) {
  store(session(-1));
  provider(200, kNew);
  const auto done = run();
  EXPECT_EQ("A2", secret(done)) << (done ? "" : done.error().message);
  ASSERT_EQ(1U, http_.seen.size());
  EXPECT_EQ("R1", fields_of(http_.seen.at(0).body)["refresh_token"]);
  const Session marked = read_session(at_request_).value();
  EXPECT_NE(0, marked.refresh_sent);
  EXPECT_EQ("R1", marked.refresh_token.view());
  const Session after = now_stored();
  EXPECT_EQ(0, after.refresh_sent);
  EXPECT_EQ("R2", after.refresh_token.view());
  EXPECT_EQ("A2", after.find(kRegistry)->secret.view());
  const Session rotated = read_session(history_.at(1)).value();
  EXPECT_EQ("R2", rotated.refresh_token.view()) << "stored before anything else is done with it";
}

TEST_F(Renew, OldRefreshTokenStaysWithoutANewOne) {
  store(session(-1));
  provider(200, R"({"access_token":"A2","token_type":"Bearer","expires_in":3600})");
  EXPECT_EQ("A2", secret(run()));
  EXPECT_EQ("R1", now_stored().refresh_token.view());
}

TEST_F(Renew, LostAnswerIsNeverFollowedByASecondUse) {
  store(session(-1));
  silent_provider(/*request_sent=*/true);
  EXPECT_FALSE(run());
  EXPECT_NE(0, now_stored().refresh_sent);
  provider(200, kNew);
  const auto again = run();
  ASSERT_FALSE(again);
  EXPECT_EQ(ErrorKind::locked, again.error().kind);
  EXPECT_NE(std::string::npos, again.error().hint.find("docker-credential-oauth login registry.example"));
  EXPECT_EQ(1U, http_.seen.size());
}

TEST_F(Renew, AnswerThatDoesNotSayWhetherTheTokenIsSpent) {
  for (const long status : {500, 502, 504}) {
    store(session(-1));
    provider(status, "<html>");
    const auto done = run();
    ASSERT_FALSE(done);
    EXPECT_EQ(ErrorKind::locked, done.error().kind);
    EXPECT_NE(std::string::npos, done.error().message.find("not known whether the provider spent the refresh token"));
    EXPECT_EQ("log in again: docker-credential-oauth login registry.example", done.error().hint);
    EXPECT_NE(0, now_stored().refresh_sent);
  }
}

TEST_F(Renew, BusyProviderHasSpentNothing) {
  for (const long status : {429, 503}) {
    for (const char* body : {"<html>", R"({"error":"server_error"})", R"({"error":"x"})"}) {
      store(session(-1));
      provider(status, body);
      const auto done = run();
      ASSERT_FALSE(done);
      EXPECT_EQ(ErrorKind::unavailable, done.error().kind);
      EXPECT_EQ(0, now_stored().refresh_sent) << status << body;
    }
  }
  provider(200, kNew);
  EXPECT_EQ("A2", secret(run()));
}

TEST_F(Renew, TokenThatIsNotRotatedMayBeSentAgain) {
  for (const char* answer : {R"({"access_token":"A2","token_type":"Bearer","expires_in":3600})",
                             R"({"access_token":"A2","refresh_token":"R1","token_type":"Bearer","expires_in":3600})"}) {
    store(session(-1));
    provider(200, answer);
    ASSERT_TRUE(run());
    Session aged = now_stored();
    EXPECT_TRUE(aged.keeps_refresh_token);
    aged.expires = std::time(nullptr) - 1;
    aged.minted.clear();
    store(aged);
    silent_provider(/*request_sent=*/true);
    ASSERT_FALSE(run());
    EXPECT_EQ(0, now_stored().refresh_sent);
    provider(200, kNew);
    EXPECT_EQ("A2", secret(run()));
    EXPECT_FALSE(now_stored().keeps_refresh_token);
  }
}

TEST_F(Renew, RequestThatNeverLeftMayBeRepeated) {
  store(session(-1));
  silent_provider(/*request_sent=*/false);
  EXPECT_FALSE(run());
  EXPECT_EQ(0, now_stored().refresh_sent);
  provider(200, kNew);
  EXPECT_EQ("A2", secret(run()));
}

TEST_F(Renew, GoodTokenServesWhileTheProviderIsAway) {
  for (const bool sent : {false, true}) {
    store(session(120));
    silent_provider(sent);
    EXPECT_EQ("A1", secret(run()));
    EXPECT_EQ("A1", secret(run()));
    EXPECT_EQ(sent, now_stored().refresh_sent != 0);
  }
  EXPECT_EQ(3U, http_.seen.size()) << "two without a connection, one lost";
}

TEST_F(Renew, RefusalIsATombstone) {
  store(session(-1));
  provider(400, R"({"error":"invalid_grant"})");
  for (int i = 0; i < 3; ++i) {
    const auto done = run();
    ASSERT_FALSE(done);
    EXPECT_EQ(ErrorKind::locked, done.error().kind);
  }
  EXPECT_EQ(1U, http_.seen.size());
  const Session dead = now_stored();
  EXPECT_FALSE(dead.dead.empty());
  EXPECT_TRUE(dead.refresh_token.empty() && dead.access_token.empty() && dead.minted.empty());
}

TEST_F(Renew, RefusalAfterSomebodyElseRotated) {
  store(session(-1));
  http_.answer = [this](const HttpRequest&) -> tl::expected<HttpAnswer, HttpFailure> {
    Session other = session(kHour, "R9");
    other.access_token = Secret("A9");
    other.put({kRegistry, "oauth2", Secret("A9"), other.obtained, other.expires});
    store(other);
    return http_answer(400, R"({"error":"invalid_grant"})");
  };
  EXPECT_EQ("A9", secret(run()));
  EXPECT_EQ("R9", now_stored().refresh_token.view());
  EXPECT_EQ(1U, http_.seen.size());
}

TEST_F(Renew, OtherErrorsOfTheProviderEndNothing) {
  store(session(-1));
  provider(401, R"({"error":"invalid_client"})");
  EXPECT_FALSE(run());
  EXPECT_EQ("", now_stored().dead);
  EXPECT_EQ("R1", now_stored().refresh_token.view());
  store(session(120));
  EXPECT_EQ("A1", secret(run()));
}

TEST_F(Renew, R1ChangedConfigurationNeedsANewLogin) {
  for (int change = 0; change < 3; ++change) {
    store(session(-1));
    rule_ = example_rule();
    (change == 0 ? rule_.issuer : change == 1 ? rule_.client_id : rule_.token_endpoint) = "https://other.example";
    const auto done = run();
    ASSERT_FALSE(done) << change;
    EXPECT_EQ(ErrorKind::locked, done.error().kind);
  }
  EXPECT_TRUE(http_.seen.empty());
}

TEST_F(Renew, WithoutARefreshTokenTheAccessTokenServesToItsEnd) {
  store(session(120, ""));
  EXPECT_EQ("A1", secret(run()));
  store(session(-1, ""));
  EXPECT_EQ(ErrorKind::locked, run().error().kind);
  Session endless = session(0, "");
  endless.expires = 0;
  endless.obtained = std::time(nullptr) - 10 * kHour;
  endless.minted.clear();
  store(endless);
  EXPECT_EQ("A1", secret(run()));
  EXPECT_TRUE(http_.seen.empty());
}

TEST_F(Renew, VaultThatCannotBeWrittenStopsTheRefresh) {
  store(session(-1));
  provider(200, kNew);
  broken_stores_ = 1;
  EXPECT_FALSE(run());
  EXPECT_TRUE(http_.seen.empty()) << "no mark, no request";
}

TEST_F(Renew, VaultThatFailsOnceDoesNotLoseTheNewToken) {
  store(session(-1));
  http_.answer = [this](const HttpRequest&) -> tl::expected<HttpAnswer, HttpFailure> {
    broken_stores_ = 2;
    return http_answer(200, kNew);
  };
  EXPECT_EQ("A2", secret(run()));
  EXPECT_EQ("R2", now_stored().refresh_token.view());
}

TEST_F(Renew, SharedSessionMintsWithoutARefresh) {
  rule_.session = "work";
  Session shared = session(kHour);
  shared.minted.clear();
  shared.put({"other.example", "oauth2", Secret("A1"), shared.obtained, shared.expires});
  store(shared);
  EXPECT_EQ("A1", secret(run()));
  EXPECT_TRUE(http_.seen.empty());
  EXPECT_EQ(2U, now_stored().minted.size());
}

TEST_F(Renew, FailedMintLeavesTheRotatedTokenStored) {
  rule_.mint.shape = Shape::acr;
  store(session(-1));
  http_.answer = [](const HttpRequest& request) -> tl::expected<HttpAnswer, HttpFailure> {
    return request.url == "https://id.example/token" ? http_answer(200, kNew) : http_answer(503, "");
  };
  EXPECT_FALSE(run());
  EXPECT_EQ("R2", now_stored().refresh_token.view());
  EXPECT_EQ(0, now_stored().refresh_sent);
}

TEST_F(Renew, BusyLockEndsInTime) {
  store(session(-1));
  const auto lock = lock_session(host_, session_key(rule_, kRegistry), std::chrono::seconds(0));
  ASSERT_TRUE(lock);
  const auto started = host_.time;
  const auto done = run();
  ASSERT_FALSE(done);
  EXPECT_EQ(ErrorKind::timed_out, done.error().kind);
  EXPECT_LT(host_.time - started, std::chrono::seconds(15));
  EXPECT_TRUE(http_.seen.empty());
}

TEST_F(Renew, RequestsAreCutToTheTimeThatIsLeft) {
  store(session(-1));
  http_.answer = [this](const HttpRequest& request) -> tl::expected<HttpAnswer, HttpFailure> {
    EXPECT_LE(request.time_limit, std::chrono::seconds(10));
    host_.time += request.time_limit;
    return http_failure(true);
  };
  const auto started = host_.time;
  EXPECT_FALSE(run());
  EXPECT_LT(host_.time - started, std::chrono::seconds(18));
}

TEST_F(Renew, IdTokenOfSomebodyElseIsLeftAside) {
  rule_.username = {UsernameRule::Source::claim, "sub"};
  const auto token_of = [](const std::string& name) {
    const std::string claims = R"({"iss":"https://id.example","aud":"cli","exp":4000000000,"sub":")" + name + "\"}";
    return "e30." + std::string(base64url(claims).view()) + ".x";
  };
  Session mine = session(-1);
  mine.id_token = Secret(token_of("alice"));
  store(mine);
  provider(200, R"({"access_token":"A2","refresh_token":"R2","token_type":"Bearer","expires_in":3600,"id_token":")" +
                    token_of("root") + "\"}");
  const auto done = run();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ("alice", done->find(kRegistry)->username);
}

}  // namespace
}  // namespace keyberth::oauth
