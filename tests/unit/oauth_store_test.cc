// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/oauth_store.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>

#include "common/protocol.h"
#include "helpers/oauth/answer.h"
#include "helpers/oauth/known.h"
#include "helpers/oauth/status.h"
#include "helpers/oauth/vault_answer.h"
#include "tests/unit/fake_host.h"

namespace keyberth::oauth {
namespace {

constexpr UnixTime kNow = 1700000000;
const std::string kKey = "oauth+https://reg.example.com";

/// A vault in a map and a scripted network program behind a fake Host; configuration and state in a folder.
class OauthStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ = testing::TempDir() + "keyberth-store-" + std::to_string(getpid());
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_ + "/docker-credential-oauth");
    std::filesystem::create_directories(root_ + "/run");
    std::filesystem::permissions(root_ + "/run", std::filesystem::perms::owner_all);
    host_.variables = {{"XDG_CONFIG_HOME", root_},
                       {"XDG_STATE_HOME", root_ + "/state"},
                       {"XDG_CONFIG_DIRS", root_ + "/none"},
                       {"XDG_RUNTIME_DIR", root_ + "/run"}};
    configure("");
    host_.program = [this](const ProcessRequest& request) { return run(request); };
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void configure(const std::string& members, const std::string& top = "") {
    const std::string rule = R"({"issuer":"https://id.example.com","client_id":"c")" + members + "}";
    std::ofstream(root_ + "/docker-credential-oauth/config.json")
        << R"({"vault":"map")" << top << R"(,"registries":{"reg.example.com":)" << rule << R"(,"two.example.com":)"
        << rule << "}}";
  }

  Result<ProcessResult> run(const ProcessRequest& request) {
    const std::string& program = request.arguments[0];
    if (program == "/net") {
      ++net_calls_;
      EXPECT_TRUE(request.detached);
      EXPECT_EQ(request.arguments[1], "renew");
      return net_ ? net_(request) : fail(ErrorKind::unavailable, "no network in this test");
    }
    if (program != "docker-credential-map" || !vault_error_.empty()) {
      return program == "docker-credential-map" ? done(1, vault_error_, "debug: why\nunlock it\n")
                                                : fail(ErrorKind::unavailable, program + " is not installed");
    }
    const std::string input(request.input);
    if (request.arguments[1] == "store") {
      const auto credential = parse_credential(input);
      vault_[credential->server] = {credential->username, std::string(credential->secret.view())};
      return done(0, "");
    }
    if (request.arguments[1] == "erase") {
      vault_.erase(input);
      return done(0, "");
    }
    if (request.arguments[1] == "list") {
      return done(0, vault_.contains("plain.example") ? R"({"plain.example":"bob"})" : "{}");
    }
    const auto entry = vault_.find(input);
    if (entry == vault_.end()) {
      return done(1, std::string(kNotFound) + "\n");
    }
    return done(
        0, std::string(format_credential(input, {input, entry->second.first, Secret(entry->second.second)}).view()));
  }

  static Result<ProcessResult> done(int code, const std::string& output, const std::string& errors = "") {
    return ProcessResult{code, Secret(output), errors, ""};
  }

  /// A session for reg.example.com whose credential was made `age` seconds ago and lives an hour.
  static Session session(UnixTime age, const std::string& registry = "reg.example.com") {
    Session session;
    session.issuer = "https://id.example.com";
    session.client_id = "c";
    session.token_endpoint = "https://id.example.com/token";
    session.refresh_token = Secret("refresh");
    session.identity = "alice";
    session.put({registry, "alice", Secret("minted"), kNow - age, kNow - age + 3600});
    return session;
  }
  void put(const Session& session, const std::string& key = kKey) {
    vault_[key] = {"oauth-session", std::string(write_session(session).view())};
  }

  std::string get(const std::string& server) {
    const std::array<std::string, 2> keys{server, "https://never-asked.example"};
    const auto credential = store_.get(keys);
    return credential
               ? credential->username + ":" + std::string(credential->secret.view())
               : credential.error().message + (credential.error().hint.empty() ? "" : " | " + credential.error().hint);
  }
  Result<> erase(const std::string& server) {
    const std::array<std::string, 1> keys{server};
    return store_.erase(keys);
  }

  std::string root_;
  FakeHost host_;
  std::map<std::string, std::pair<std::string, std::string>> vault_;
  std::string vault_error_;
  std::function<Result<ProcessResult>(const ProcessRequest&)> net_;
  int net_calls_ = 0;
  OauthStore store_{host_, [] { return kNow; }, "/net"};
};

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

TEST_F(OauthStoreTest, SaysWhatTheVaultSays) {
  vault_error_ = "the keyring is locked\n";
  EXPECT_EQ(get("reg.example.com"), "docker-credential-map: the keyring is locked | unlock it");
  EXPECT_EQ(host_.log.back(), "why") << "the vault's debug lines are ours";
  EXPECT_FALSE(store_.list());
  EXPECT_FALSE(erase("reg.example.com"));
  EXPECT_FALSE(store_.store({"reg.example.com", "a", Secret("b")}));
  vault_error_ = "Error: credentials not found in native keychain";
  EXPECT_EQ(get("reg.example.com"), kNotFound) << "older helpers put words around it";
}

TEST_F(OauthStoreTest, RefusesAnAnswerThatIsNone) {
  host_.program = [](const ProcessRequest&) { return done(0, "hello\n"); };
  EXPECT_EQ(get("plain.example").find("docker-credential-map gave an answer that is none of the protocol"), 0U);
  host_.program = [](const ProcessRequest&) { return done(0, R"({"ServerURL":"a","Username":"","Secret":""})"); };
  EXPECT_EQ(get("plain.example"), kNotFound);
}

TEST_F(OauthStoreTest, TakesTheFirstVaultThatWorks) {
  std::ofstream(root_ + "/docker-credential-oauth/config.json") << "{}";
  host_.variables["HOME"] = root_ + "/home";
  EXPECT_EQ(
      get("plain.example"),
      "there is no vault in which logins can be kept | secretservice: the vault cannot be used: "
      "docker-credential-secretservice is not installed\npass: the vault cannot be used: docker-credential-pass is "
      "not installed\nkeyctl: the vault cannot be used: docker-credential-keyctl is not installed");
  std::vector<std::string> asked;
  host_.program = [&](const ProcessRequest& request) -> Result<ProcessResult> {
    asked.push_back(request.arguments[0].substr(18) + " " + request.arguments[1]);
    return request.arguments[0] == "docker-credential-secretservice" ? done(1, "no bus")
           : request.arguments[1] == "list"                          ? done(0, "{}")
                                                                     : done(1, std::string(kNotFound));
  };
  EXPECT_EQ(get("plain.example"), kNotFound);
  EXPECT_EQ(asked, (std::vector<std::string>{"secretservice list", "pass list", "keyctl list", "keyctl get"}))
      << "pass has no store here";
  std::filesystem::create_directories(root_ + "/home/.password-store");
  std::ofstream(root_ + "/home/.password-store/.gpg-id") << "key";
  asked.clear();
  EXPECT_EQ(get("plain.example"), kNotFound);
  EXPECT_EQ(asked.back(), "pass get");
}

TEST_F(OauthStoreTest, StatusShowsWhoAndHowLong) {
  put(session(1080));
  const auto text = status(host_, {}, kNow);
  ASSERT_TRUE(text) << text.error().message;
  for (const char* part :
       {"reg.example.com\n  session       alive\n", "  identity      alice\n", "in 42 minutes",
        "  vault         docker-credential-map\n", "two.example.com\n  session       not logged in\n",
        "docker-credential-oauth login two.example.com"}) {
    EXPECT_NE(text->find(part), std::string::npos) << *text;
  }
  const auto json = status(host_, {"--json"}, kNow);
  ASSERT_TRUE(json);
  for (const char* part :
       {R"("registry":"reg.example.com","logged_in":true,"alive":true,"identity":"alice")",
        R"("expires":1700002520,"expires_in":2520)", R"("registry":"two.example.com","logged_in":false)"}) {
    EXPECT_NE(json->find(part), std::string::npos) << *json;
  }
  for (const char* secret : {"minted", "refresh\""}) {
    EXPECT_EQ((*text + *json).find(secret), std::string::npos);
  }
  EXPECT_EQ(status(host_, {"--xml"}, kNow).error().kind, ErrorKind::usage);
  EXPECT_EQ(net_calls_, 0);
}

TEST(OauthVaultAnswer, IsReadStrictly) {
  const auto credential = parse_vault_credential(R"({"ServerURL":"a","Username":"b","Secret":"c"})");
  ASSERT_TRUE(credential);
  EXPECT_EQ(credential->secret.view(), "c");
  for (const char* text :
       {"", "{}", "[]", R"({"ServerURL":"a","Username":"b"})", R"({"ServerURL":"a","Username":1,"Secret":"c"})",
        R"({"ServerURL":"a","Username":"b\n","Secret":"c"})", R"({"ServerURL":"a","Username":"b","Secret":"c"}{})",
        R"({"ServerURL":"a","Username":"b","Secret":"c","Secret":"d"})"}) {
    EXPECT_FALSE(parse_vault_credential(text)) << text;
  }
  EXPECT_EQ(parse_vault_list(R"({"a":"b","c":1})")->size(), 1);
  EXPECT_FALSE(parse_vault_list("[]"));
  EXPECT_FALSE(parse_vault_list("null"));
}

}  // namespace
}  // namespace keyberth::oauth
