// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/oauth_store.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "common/protocol.h"
#include "helpers/oauth/known.h"
#include "tests/unit/oauth_store_case.h"

namespace keyberth::oauth {
namespace {

class OauthStoreTest : public OauthStoreCase {};

TEST_F(OauthStoreTest, ServesAFreshCredentialWithoutTheNetwork) {
  put(session(60));
  EXPECT_EQ(get("reg.example.com"), "alice:minted");
  EXPECT_EQ(get("https://REG.example.com:443/v2/"), "alice:minted");
  EXPECT_EQ(net_calls_, 0);
}

TEST_F(OauthStoreTest, SaysNotFoundWithoutALogin) {
  EXPECT_EQ(get("reg.example.com"), kNotFound);
  EXPECT_EQ(net_calls_, 0);
}

TEST_F(OauthStoreTest, AsksTheNetworkProgramForAnAgedOne) {
  put(session(3500));
  net_ = [](const ProcessRequest& request) {
    EXPECT_EQ(request.arguments[2], "reg.example.com");
    return done(0, R"({"username":"alice","secret":"renewed"})");
  };
  EXPECT_EQ(get("reg.example.com"), "alice:renewed");
  ASSERT_EQ(known_logins(host_).size(), 1U);
  EXPECT_EQ(known_logins(host_)[0].username, "alice");
  EXPECT_TRUE(known_logins(host_)[0].may_be_at("map", "oauth+https://reg.example.com"));
  EXPECT_FALSE(known_logins(host_)[0].may_be_at("other", "oauth+https://reg.example.com"));
}

TEST_F(OauthStoreTest, ServesAnAgingOneWhenTheProviderIsAway) {
  put(session(3500));
  EXPECT_EQ(get("reg.example.com"), "alice:minted");
  EXPECT_EQ(net_calls_, 1);
  net_ = [](const ProcessRequest&) { return fail(ErrorKind::timed_out, "too long"); };
  EXPECT_EQ(get("reg.example.com"), "alice:minted");
  net_ = [](const ProcessRequest&) { return done(0, R"({"kind":"locked","message":"it is over","hint":"log in"})"); };
  EXPECT_EQ(get("reg.example.com"), "it is over | log in") << "a refused login is not a passing failure";
}

TEST_F(OauthStoreTest, NeverServesAnExpiredOne) {
  put(session(3600));
  EXPECT_EQ(get("reg.example.com"), "no network in this test");
  net_ = [](const ProcessRequest&) { return fail(ErrorKind::timed_out, "too long"); };
  EXPECT_EQ(get("reg.example.com").find("the login to reg.example.com could not be renewed in time"), 0U);
  net_ = [](const ProcessRequest&) { return done(1, "", "it crashed\n"); };
  EXPECT_EQ(get("reg.example.com"), "docker-credential-oauth-net failed | it crashed");
}

TEST_F(OauthStoreTest, SaysAtOnceThatALoginHasEnded) {
  Session dead = session(60);
  dead.dead = "the provider has revoked it\x1b[31m";
  put(dead);
  EXPECT_EQ(get("reg.example.com"),
            "the login to reg.example.com has ended: the provider has revoked it?[31m | log in again: "
            "docker-credential-oauth login reg.example.com");
  EXPECT_EQ(net_calls_, 0);
}

TEST_F(OauthStoreTest, DoesNotTrustASessionOfAnotherProvider) {  // R1
  for (const auto& change :
       {+[](Session& s) { s.issuer = "https://other.example"; }, +[](Session& s) { s.client_id = "other"; }}) {
    Session other = session(60);
    change(other);
    put(other);
    EXPECT_EQ(get("reg.example.com"), "no network in this test") << "its fresh credential is not served";
  }
}

TEST_F(OauthStoreTest, RefusesASecretThatWouldBreakAHeader) {  // R4
  for (const char* secret : {"two\nlines", "two\rlines"}) {
    Session broken = session(60);
    broken.put({"reg.example.com", "alice", Secret(secret), kNow, kNow + 3600});
    put(broken);
    EXPECT_EQ(get("reg.example.com").find("the stored credential of reg.example.com cannot be used"), 0U);
  }
}

TEST_F(OauthStoreTest, AnswersAsATokenWhenAskedTo) {
  configure(R"(,"answer":"token")");
  put(session(60));
  EXPECT_EQ(get("reg.example.com"), "<token>:minted");
}

TEST_F(OauthStoreTest, NamesTheLoginCommandForADamagedSession) {
  vault_[kKey] = {"x", "not a session"};
  EXPECT_NE(get("reg.example.com").find("| log in again: docker-credential-oauth login reg.example.com"),
            std::string::npos);
}

TEST_F(OauthStoreTest, PassesOthersThroughUnderTheKeyThatWasAsked) {
  vault_["plain.example"] = {"bob", "pw"};
  vault_["https://never-asked.example"] = {"eve", "no"};
  EXPECT_EQ(get("plain.example"), "bob:pw");
  EXPECT_EQ(get("other.example"), kNotFound) << "aliases are the vault's own affair";
  EXPECT_EQ(get("http://reg.example.com"), kNotFound) << "http is no registry of a rule";
  ASSERT_TRUE(store_.store({"new.example", "carol", Secret("pw2")}));
  EXPECT_EQ(vault_.at("new.example").second, "pw2");
  ASSERT_TRUE(erase("new.example"));
  EXPECT_FALSE(vault_.contains("new.example"));
}

TEST_F(OauthStoreTest, HandsOutNoSessions) {
  put(session(60));
  EXPECT_EQ(get(kKey), kNotFound);
  EXPECT_FALSE(store_.store({kKey, "x", Secret("y")}));
  EXPECT_TRUE(erase(kKey));
  EXPECT_TRUE(vault_.contains(kKey));
}

TEST_F(OauthStoreTest, AcceptsWhatDockerHandsBack) {
  put(session(60));
  const std::string before = vault_.at(kKey).second;
  for (const auto& [user, secret] :
       {std::pair{"alice", "minted"}, {"<token>", "registry refresh token"}, {"alice", "y"}}) {
    ASSERT_TRUE(store_.store({"https://reg.example.com", user, Secret(secret)}));
  }
  EXPECT_EQ(vault_.size(), 1);
  EXPECT_EQ(vault_.at(kKey).second, before);
}

TEST_F(OauthStoreTest, DeniesAnotherNameBesideASession) {
  put(session(60));
  const auto stored = store_.store({"https://reg.example.com", "robot", Secret("pw")});
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().message, "reg.example.com is logged in through OAuth, as alice");
  EXPECT_NE(stored.error().hint.find("docker-credential-oauth logout reg.example.com"), std::string::npos);
  EXPECT_EQ(vault_.size(), 1);
  EXPECT_EQ(get("reg.example.com"), "alice:minted");
}

TEST_F(OauthStoreTest, AnOrdinaryLoginEndsASessionThatIsOfNoUse) {
  Session lost = session(7200);
  lost.refresh_sent = kNow - 60;
  Session poor = session(7200);
  poor.refresh_token = {};
  Session foreign = session(60);
  foreign.client_id = "another";
  for (const Session* of_no_use : {&lost, &poor, &foreign}) {
    put(*of_no_use);
    ASSERT_TRUE(store_.store({"reg.example.com", "robot", Secret("pw")}));
    EXPECT_EQ(get("reg.example.com"), "robot:pw");
    ASSERT_TRUE(erase("reg.example.com"));
  }
}

TEST_F(OauthStoreTest, ALostAnswerEndsNoSessionWhoseCredentialIsGood) {
  Session lost = session(60);
  lost.refresh_sent = kNow - 30;
  put(lost);
  EXPECT_FALSE(store_.store({"reg.example.com", "robot", Secret("pw")}));
  EXPECT_EQ(get("reg.example.com"), "alice:minted");
}

TEST_F(OauthStoreTest, KeepsAnOrdinaryLoginWhereNoSessionIs) {
  ASSERT_TRUE(store_.store({"reg.example.com", "robot", Secret("pw")}));
  EXPECT_EQ(get("reg.example.com"), "robot:pw");
  ASSERT_TRUE(erase("reg.example.com"));
  EXPECT_EQ(get("reg.example.com"), kNotFound);
}

TEST_F(OauthStoreTest, AnOrdinaryLoginEndsADeadSession) {
  Session dead = session(60);
  dead.dead = "revoked";
  put(dead);
  ASSERT_TRUE(store_.store({"reg.example.com", "robot", Secret("pw")}));
  EXPECT_EQ(get("reg.example.com"), "robot:pw");
}

TEST_F(OauthStoreTest, EraseIsALocalLogout) {
  put(session(60));
  ASSERT_TRUE(remember_login(host_, {"reg.example.com", "alice", "map", "oauth+https://reg.example.com"}));
  ASSERT_TRUE(erase("https://reg.example.com"));
  EXPECT_TRUE(vault_.empty());
  EXPECT_TRUE(known_logins(host_).empty());
  ASSERT_TRUE(erase("https://reg.example.com")) << "twice is fine";
  EXPECT_EQ(get("reg.example.com"), kNotFound);
}

TEST_F(OauthStoreTest, EraseLeavesASessionThatServesOthers) {
  configure(R"(,"session":"company")");
  const std::string key = "oauth+https://session/company";
  Session both = session(60);
  both.put({"two.example.com", "alice", Secret("second"), kNow - 60, kNow + 3000});
  put(both, key);
  EXPECT_EQ(get("two.example.com"), "alice:second");
  ASSERT_TRUE(erase("reg.example.com"));
  EXPECT_EQ(get("two.example.com"), "alice:second");
  EXPECT_EQ(get("reg.example.com"), kNotFound) << "logged out";
  EXPECT_EQ(net_calls_, 0);
  ASSERT_TRUE(store_.store({"reg.example.com", "robot", Secret("pw")}));
  EXPECT_EQ(get("reg.example.com"), "robot:pw");
  EXPECT_EQ(get("two.example.com"), "alice:second");
  ASSERT_TRUE(erase("reg.example.com")) << "twice is fine";
  EXPECT_EQ(get("reg.example.com"), kNotFound);
  ASSERT_TRUE(erase("two.example.com"));
  EXPECT_FALSE(vault_.contains(key)) << "the last one takes the session with it";
}

TEST_F(OauthStoreTest, ListsRegistriesWithASessionAndTheVaults) {
  vault_["plain.example"] = {"bob", "pw"};
  ASSERT_TRUE(remember_login(host_, {"reg.example.com", "alice", "map", "oauth+https://reg.example.com"}));
  ASSERT_TRUE(
      remember_login(host_, {"no-rule-any-more.example", "alice", "map", "oauth+https://no-rule-any-more.example"}));
  const auto entries = store_.list();
  ASSERT_TRUE(entries);
  EXPECT_EQ(format_list(*entries), "{\"plain.example\":\"bob\",\"reg.example.com\":\"alice\"}\n");
  ASSERT_TRUE(remember_login(host_, {"two.example.com", "alice", "other", "oauth+https://two.example.com"}));
  EXPECT_EQ(get("reg.example.com"), kNotFound);
  EXPECT_EQ(get("two.example.com"), kNotFound);
  EXPECT_EQ(known_logins(host_).size(), 2U) << "what is in another vault is known on";
  EXPECT_EQ(format_list(*store_.list()), "{\"plain.example\":\"bob\"}\n") << "the vault was emptied meanwhile";
}

}  // namespace
}  // namespace keyberth::oauth
