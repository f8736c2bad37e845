// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/session.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "helpers/oauth/known.h"
#include "helpers/oauth/status.h"
#include "tests/unit/fake_host.h"

namespace keyberth::oauth {
namespace {

Session full_session() {
  Session session;
  session.issuer = "https://id.example.com";
  session.client_id = "client";
  session.token_endpoint = "https://id.example.com/token";
  session.revocation_endpoint = "https://id.example.com/revoke";
  session.identity = "alice";
  session.scope = "openid";
  session.refresh_token = Secret("refresh");
  session.access_token = Secret("access");
  session.id_token = Secret("id");
  session.obtained = 1700000000;
  session.expires = 1700003600;
  session.refresh_sent = 1700000001;
  session.keeps_refresh_token = true;
  session.logged_out = {"b.example", "c.example"};
  session.dead = "revoked";
  session.put({"registry.example.com", "alice", Secret("minted"), 1700000000, 1700003600});
  session.put({"other.example.com:5000", "bob", Secret("\"\\\xC3\xBC"), 1700000000, 0});
  return session;
}

TEST(OauthSession, ComesBackWhole) {
  const Session session = full_session();
  const Secret text = write_session(session);
  const auto again = read_session(text.view());
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(write_session(*again).view(), text.view());
  EXPECT_EQ(again->issuer, session.issuer);
  EXPECT_EQ(again->revocation_endpoint, session.revocation_endpoint);
  EXPECT_TRUE(again->refresh_token.equals(session.refresh_token));
  EXPECT_EQ(again->expires, session.expires);
  EXPECT_EQ(again->dead, "revoked");
  EXPECT_EQ(again->refresh_sent, 1700000001);
  EXPECT_TRUE(again->keeps_refresh_token);
  EXPECT_EQ(again->logged_out, session.logged_out);
  ASSERT_NE(again->find("other.example.com:5000"), nullptr);
  EXPECT_EQ(again->find("other.example.com:5000")->secret.view(), "\"\\\xC3\xBC");
  EXPECT_EQ(again->find("registry"), nullptr);
}

TEST(OauthSession, ReplacesTheMintedCredentialOfARegistry) {
  Session session = full_session();
  session.put({"registry.example.com", "carol", Secret("new"), 1, 2});
  EXPECT_EQ(session.minted.size(), 2);
  EXPECT_EQ(session.find("registry.example.com")->username, "carol");
}

TEST(OauthSession, RefusesWhatIsNoneOfOurs) {
  for (const char* text : {"", "password", "{}", "[]", R"({"version":2,"client_id":"a","token_endpoint":"b"})",
                           R"({"version":1})", R"({"version":1,"client_id":"a"})", R"({"version":"x"})"}) {
    const auto session = read_session(text);
    ASSERT_FALSE(session) << text;
    EXPECT_EQ(session.error().kind, ErrorKind::damaged);
  }
  const auto odd = read_session(R"({"version":1,"client_id":"a","token_endpoint":"b","expires":-5,"obtained":1e300})");
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd->expires, 0);
  EXPECT_EQ(odd->obtained, 0);
}

Freshness state(UnixTime life, UnixTime age, double jitter = 0) {
  const UnixTime start = 1700000000;
  return freshness({"r", "u", Secret("s"), start, start + life}, start + age, jitter);
}

TEST(OauthFreshness, KeepsTenMinutesOfAnHour) {
  EXPECT_EQ(state(3600, 0), Freshness::fresh);
  EXPECT_EQ(state(3600, 2999), Freshness::fresh);
  EXPECT_EQ(state(3600, 3000), Freshness::aging);
  EXPECT_EQ(state(3600, 3590), Freshness::aging);
  EXPECT_EQ(state(3600, 3591), Freshness::expired);
  EXPECT_EQ(state(3600, 99999), Freshness::expired);
}

TEST(OauthFreshness, KeepsAFifthOfShorterLives) {
  EXPECT_EQ(state(900, 719), Freshness::fresh);
  EXPECT_EQ(state(900, 720), Freshness::aging);
  EXPECT_EQ(state(200, 139), Freshness::fresh) << "at least a minute is left";
  EXPECT_EQ(state(200, 140), Freshness::aging);
  EXPECT_EQ(state(20, 9), Freshness::fresh) << "a life of seconds is good for a half";
  EXPECT_EQ(state(20, 10), Freshness::aging);
  EXPECT_EQ(state(20, 15), Freshness::aging);
  EXPECT_EQ(state(20, 16), Freshness::expired);
  EXPECT_EQ(state(0, 0), Freshness::expired);
}

TEST(OauthFreshness, IsSpreadByJitter) {
  EXPECT_EQ(state(3600, 2950, 0), Freshness::fresh);
  EXPECT_EQ(state(3600, 2950, 0.99), Freshness::aging);
  EXPECT_EQ(state(3600, 2930, 0.99), Freshness::fresh) << "by a tenth of the margin at most";
}

TEST(OauthFreshness, KnowsNothingOfAClockThatWasSetBack) {
  EXPECT_EQ(state(3600, -10), Freshness::aging);
  EXPECT_EQ(state(3600, -99999), Freshness::aging);
}

TEST(OauthFreshness, GivesFiveMinutesWithoutAnExpiry) {
  const Session::Minted minted{"r", "u", Secret("s"), 1000, 0};
  EXPECT_EQ(freshness(minted, 1299, 0), Freshness::fresh);
  EXPECT_EQ(freshness(minted, 1300, 0), Freshness::aging);
  EXPECT_EQ(freshness(minted, 999, 0), Freshness::aging);
  EXPECT_EQ(freshness({"r", "u", Secret(), 1000, 0}, 1000, 0), Freshness::expired) << "nothing to hand out";
}

std::string described(const std::vector<Known>& logins) {
  std::string text;
  for (const Known& login : logins) {
    text += login.registry + "=" + login.username + "@" + login.vault + " " + login.key + "\n";
  }
  return text;
}

TEST(OauthKnown, RemembersAndForgets) {
  FakeHost host;
  const std::string folder = testing::TempDir() + "keyberth-known-" + std::to_string(::getpid());
  host.variables["XDG_STATE_HOME"] = folder;
  EXPECT_TRUE(known_logins(host).empty());
  ASSERT_TRUE(remember_login(host, {"b.example", "bob", "pass", "oauth+https://b.example"}));
  ASSERT_TRUE(remember_login(host, {"a.example", "", "pass", "oauth+https://a.example"}));
  ASSERT_TRUE(remember_login(host, {"b.example", "alice", "pass", "oauth+https://b.example"}));
  ASSERT_TRUE(remember_login(host, {"b.example", "alice", "keyctl", "oauth+https://b.example"}));
  EXPECT_EQ(described(known_logins(host)),
            "a.example=@pass oauth+https://a.example\nb.example=alice@pass oauth+https://b.example\n"
            "b.example=alice@keyctl oauth+https://b.example\n");
  ASSERT_TRUE(forget_login(host, "a.example", "pass", "oauth+https://a.example"));
  ASSERT_TRUE(forget_login(host, "b.example", "keyctl", "oauth+https://session/other")) << "nobody asked there";
  ASSERT_TRUE(forget_login(host, "b.example", "pass", "oauth+https://b.example"));
  ASSERT_TRUE(forget_login(host, "never.example", "pass", "oauth+https://never.example"));
  EXPECT_EQ(described(known_logins(host)), "b.example=alice@keyctl oauth+https://b.example\n");
  FakeHost homeless;
  EXPECT_TRUE(remember_login(homeless, {"a", "b", "pass", "oauth+https://a"}));
  EXPECT_TRUE(known_logins(homeless).empty());
}

TEST(OauthKnown, ReadsOlderFilesAndNoVaultsThatAreNone) {
  FakeHost host;
  const std::string folder = testing::TempDir() + "keyberth-older-" + std::to_string(::getpid());
  host.variables["XDG_STATE_HOME"] = folder;
  std::filesystem::create_directories(folder + "/docker-credential-oauth");
  std::ofstream(folder + "/docker-credential-oauth/sessions.json")
      << R"({"version":1,"registries":{"a.example":"alice","b.example":"bob"},"sessions":[)"
      << R"({"registry":"b.example","username":"bob","vault":"../../tmp/evil","key":"oauth+https://b.example"}]})";
  EXPECT_EQ(described(known_logins(host)), "a.example=alice@ \nb.example=bob@ \n");
  ASSERT_TRUE(remember_login(host, {"a.example", "alice", "pass", "oauth+https://a.example"}));
  EXPECT_EQ(described(known_logins(host)), "a.example=alice@pass oauth+https://a.example\nb.example=bob@ \n");
}

TEST(OauthStatus, SaysTimesAsPeopleDo) {
  EXPECT_EQ(relative_time(1000 + 42 * 60, 1000), "in 42 minutes");
  EXPECT_EQ(relative_time(1000 + 90 * 60, 1000), "in 90 minutes");
  EXPECT_EQ(relative_time(1000 + 2 * 3600, 1000), "in 2 hours");
  EXPECT_EQ(relative_time(1000, 1000 + 3 * 86400), "3 days ago");
  EXPECT_EQ(relative_time(1001, 1000), "in 1 second");
  EXPECT_EQ(relative_time(1000, 1000), "0 seconds ago");
}

}  // namespace
}  // namespace keyberth::oauth
