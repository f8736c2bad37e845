// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/config.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/unit/fake_host.h"

namespace keyberth::oauth {
namespace {

std::string problem(std::string_view text) {
  const auto config = parse_config(text, "config.json");
  if (config) {
    return "none";
  }
  return config.error().message + (config.error().hint.empty() ? "" : " | " + config.error().hint);
}

/// A file with one rule for reg.example.com, complete but for `members`.
std::string one_rule(const std::string& members) {
  return R"({"registries":{"reg.example.com":{"issuer":"https://id.example.com","client_id":"c")" +
         (members.empty() ? "" : "," + members) + "}}}";
}

Rule rule_with(const std::string& members) {
  const auto config = parse_config(one_rule(members), "config.json");
  EXPECT_TRUE(config) << config.error().message;
  return config ? config->rules.front() : Rule{};
}

TEST(OauthConfig, IsEmptyWithoutText) {
  for (const char* text : {"", "  \n", "{}", "// nothing\n{}"}) {
    const auto config = parse_config(text, "config.json");
    ASSERT_TRUE(config) << text;
    EXPECT_TRUE(config->rules.empty());
    EXPECT_TRUE(config->vault.empty());
    EXPECT_EQ(config->interactive, Interactive::never);
  }
}

TEST(OauthConfig, TakesEveryMember) {
  const auto config = parse_config(R"({
    // who keeps it
    "vault": "pass", "interactive": "tty",
    "registries": {"Registry.Example.com:8443": {
      "issuer": "https://id.example.com", "client_id": "me", "client_secret": "known to all",
      "scopes": ["openid", "offline_access"], "resource": "https://registry.example.com", "audience": "registry",
      "authorization_parameters": {"prompt": "login"},
      "endpoints": {"device": "https://id.example.com/d", "authorization": "https://id.example.com/a",
                    "token": "https://id.example.com/t", "revocation": "https://id.example.com/r"},
      "mint": {"shape": "http-json", "endpoint": "https://{registry}/api", "method": "POST", "authentication": "json",
               "token": "id_token", "parameters": {"a": "{token}"}, "secret_field": "/s", "expires_field": "/e"},
      "username": {"field": "/u"}, "answer": "token", "session": "company", "realm_hosts": ["Auth.example.com"],
      "ca_file": "/etc/ca.pem", "client_certificate": "/etc/me.pem", "client_key": "/etc/me.key",
      "allow_http_loopback": true
    }}
  })",
                                   "config.json");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->vault, "pass");
  EXPECT_EQ(config->interactive, Interactive::tty);
  const Rule& rule = config->rules.front();
  EXPECT_EQ(rule.pattern, "registry.example.com:8443");
  EXPECT_EQ(rule.client_secret, "known to all");
  EXPECT_EQ(rule.scopes, (std::vector<std::string>{"openid", "offline_access"}));
  EXPECT_EQ(rule.resource, "https://registry.example.com");
  EXPECT_EQ(rule.audience, "registry");
  EXPECT_EQ(rule.authorization_parameters.at("prompt"), "login");
  EXPECT_EQ(rule.device_endpoint, "https://id.example.com/d");
  EXPECT_EQ(rule.revocation_endpoint, "https://id.example.com/r");
  EXPECT_EQ(rule.mint.shape, Shape::http_json);
  EXPECT_EQ(rule.mint.endpoint, "https://registry.example.com:8443/api");
  EXPECT_EQ(rule.mint.authentication, "json");
  EXPECT_EQ(rule.mint.token, "id_token");
  EXPECT_EQ(rule.mint.parameters.at("a"), "{token}");
  EXPECT_EQ(rule.mint.expires_field, "/e");
  EXPECT_EQ(rule.username.source, UsernameRule::Source::field);
  EXPECT_EQ(rule.username.value, "/u");
  EXPECT_TRUE(rule.answer_token);
  EXPECT_EQ(rule.realm_hosts, std::vector<std::string>{"auth.example.com"});
  EXPECT_EQ(rule.ca_file, "/etc/ca.pem");
  EXPECT_EQ(rule.client_certificate, "/etc/me.pem");
  EXPECT_EQ(rule.client_key, "/etc/me.key");
  EXPECT_TRUE(rule.allow_http_loopback);
  EXPECT_EQ(session_key(rule, "registry.example.com:8443"), "oauth+https://session/company");
  EXPECT_EQ(session_key(rule_with(""), "reg.example.com"), "oauth+https://reg.example.com");
}

TEST(OauthConfig, HasFourWaysToNameAUser) {
  EXPECT_EQ(rule_with(R"("username":"bot")").username.value, "bot");
  EXPECT_EQ(rule_with(R"("username":{"literal":"bot"})").username.source, UsernameRule::Source::literal);
  const Rule claim = rule_with(R"("scopes":["openid"],"username":{"claim":"email"})");
  EXPECT_EQ(claim.username.source, UsernameRule::Source::claim);
  EXPECT_EQ(claim.username.value, "email");
  EXPECT_EQ(claim.username.until, "");
  EXPECT_EQ(rule_with(R"("scopes":["openid"],"username":{"claim":"email","until":"@"})").username.until, "@");
  const Rule other = rule_with(R"("preset":"docker-auth","username":{"claim":"email"})");
  EXPECT_EQ(other.username.until, "") << "what cut the preset's claim cuts no other";
}

TEST(OauthConfig, PointsAtUnknownNames) {
  EXPECT_EQ(problem("{\n  \"valt\": \"pass\"\n}"),
            "config.json:2:3: \"valt\" is not known here | did you mean \"vault\"?");
  EXPECT_EQ(problem(one_rule(R"("clientid":"x")")),
            "config.json:1:85: \"clientid\" is not known here | did you mean \"client_id\"?");
  EXPECT_EQ(problem(one_rule(R"("Scope":["x"])")),
            "config.json:1:85: \"Scope\" is not known here | did you mean \"scopes\"?");
  EXPECT_EQ(problem(one_rule(R"("mint":{"shape":"acr","tennant":"x"})")),
            "config.json:1:107: \"tennant\" is not known here | did you mean \"tenant\"?");
  EXPECT_EQ(problem(one_rule(R"("endpoints":{"zebra":"x"})")),
            "config.json:1:98: \"zebra\" is not known here | known here: device, authorization, token, revocation");
  EXPECT_EQ(problem(one_rule(R"("preset":"gitlap")")),
            "config.json:1:94: there is no preset \"gitlap\" | did you mean \"gitlab\"?");
  EXPECT_EQ(problem(one_rule(R"("mint":"exchang")")),
            "config.json:1:92: this must be one of: access-token, id-token, exchange, acr, http-json | did you mean "
            "\"exchange\"?");
}

TEST(OauthConfig, PointsAtWrongValues) {
  EXPECT_EQ(problem("[]"), "config.json:1:1: this must be an object, in braces");
  EXPECT_EQ(problem("{\"vault\": 3}"), "config.json:1:11: this must be text, in quotation marks");
  EXPECT_EQ(problem("{\"registries\": []}"), "config.json:1:16: this must be an object, in braces: registry to rule");
  EXPECT_EQ(problem("{\"registries\": {\"a.b\": 1}}"), "config.json:1:24: this must be an object, in braces");
  EXPECT_EQ(problem(one_rule(R"("scopes":"openid")")), "config.json:1:94: this must be a list of texts, in brackets");
  EXPECT_EQ(problem(one_rule(R"("scopes":["a b"])")),
            "config.json:1:95: this must be one word | give each one its own quotation marks");
  EXPECT_EQ(problem(one_rule(R"("allow_http_loopback":"yes")")), "config.json:1:107: this must be true or false");
  EXPECT_EQ(problem(one_rule(R"("audience":"a\u0007")")), "config.json:1:96: this text has a control character");
  EXPECT_EQ(problem("{\"a\": 1,}"), "config.json:1:9: this is not valid JSON | see: man docker-credential-oauth.json");
  EXPECT_EQ(problem("{\"interactive\": \"always\"}"),
            "config.json:1:17: this must be one of: never, tty | known here: never, tty");
}

TEST(OauthConfig, IsNoVaultOfItsOwn) {
  EXPECT_NE(problem(R"({"vault":"oauth"})").find("cannot be its own vault"), std::string::npos);
  EXPECT_NE(problem(R"({"vault":"../x"})").find("docker-credential-NAME"), std::string::npos);
  EXPECT_NE(problem(R"({"vault":""})").find("docker-credential-NAME"), std::string::npos);
}

TEST(OauthConfig, RefusesRulesThatCannotWork) {
  const auto expect = [](const std::string& text, std::string_view part) {
    EXPECT_NE(problem(text).find(part), std::string::npos) << text << "\n" << problem(text);
  };
  expect(R"({"registries":{"a.b":{"issuer":"https://x.y"}}})", "config.json:1:16: this registry has no client_id");
  expect(R"({"registries":{"a.b":{"client_id":"c"}}})", "neither an issuer nor endpoints");
  expect(R"({"registries":{"a.b":{"client_id":"c","endpoints":{"token":"https://x.y/t"}}}})", "neither an issuer");
  expect(R"({"registries":{"a.b":{"client_id":"c","preset":"gitea"}}})", "neither an issuer");
  expect(one_rule(R"("endpoints":{"token":"http://id.example.com/t"})"),
         "config.json:1:106: \"http://id.example.com/t\"");
  expect(one_rule(R"("endpoints":{"token":"http://127.0.0.1:1/t"})"), "https only");
  expect(one_rule(R"("mint":"id-token")"), "no \"openid\"");
  expect(one_rule(R"("username":{"claim":"sub"})"), "no \"openid\"");
  expect(one_rule(R"("username":"a:b")"), "no colon");
  expect(one_rule(R"("username":"")"), "1 to 255 bytes");
  expect(one_rule(R"("username":{"field":"/u"})"), "only where one is asked for");
  expect(one_rule(R"("username":{"field":"u"})"), "JSON pointer");
  expect(one_rule(R"("username":{"claim":"a","field":"/b"})"), "one of {\"claim\"");
  expect(one_rule(R"("username":{"until":"@"})"), "one of {\"claim\"");
  expect(one_rule(R"("scopes":["openid"],"username":{"claim":"a","until":""})"), "before nothing");
  expect(one_rule(R"("username":{"literal":"a@b","until":"@"})"), "only a claim or a field");
  expect(one_rule(R"("mint":"exchange")"), "an audience, a resource or a scope");
  expect(one_rule(R"("mint":"http-json")"), "\"endpoint\" to ask");
  expect(
      one_rule(
          R"("mint":{"shape":"http-json","endpoint":"https://a.b","authentication":"form","parameters":{"t":"{token}"}})"),
      "cannot be sent with GET");
  expect(one_rule(R"("mint":{"shape":"http-json","endpoint":"https://a.b","method":"POST","authentication":"json"})"),
         "the token is not sent");
  expect(one_rule(R"("mint":{"shape":"http-json","endpoint":"https://a.b","authentication":"basic"})"), "basic_user");
  expect(one_rule(R"("mint":{"shape":"http-json","endpoint":"http://a.b"})"), "https only");
  expect(one_rule(R"("preset":"jfrog")"), "the parameter \"provider_name\" must be given");
  expect(one_rule(R"("session":"a/b")"), "letters, digits");
  expect(one_rule(R"("ca_file":"ca.pem")"), "absolute path");
  expect(one_rule(R"("client_certificate":"me.pem","client_key":"/k")"), "absolute path");
  expect(one_rule(R"("client_certificate":"/c","client_key":"k")"), "absolute path");
  expect(one_rule(R"("client_certificate":"/c")"), "a client certificate needs its key");
  expect(one_rule(R"("client_key":"/k")"), "a client key needs its certificate");
  expect(one_rule(R"("resource":"https://a#b")"), "without a fragment");
  expect(one_rule(R"("realm_hosts":["http://a.b"])"), "host or host:port");
  for (const char* name : {"state", "nonce", "code_challenge", "code_challenge_method", "redirect_uri", "client_id",
                           "response_type", "response_mode", "request", "request_uri", "scope", "audience", ""}) {
    expect(one_rule(std::string(R"("authorization_parameters":{")") + name + R"(":"x"})"), "is not for a rule to say");
  }
  expect(one_rule(R"("authorization_parameters":{"prompt":1})"), "must be text");
  expect(R"({"registries":{"*":{}}})", "a * where none may be");
}

TEST(OauthConfig, RefusesTwoRulesForOneHost) {
  const std::string rule = R"({"issuer":"https://x.y","client_id":"c"})";
  EXPECT_EQ(
      problem("{\"registries\":{\n\"docker.io\":" + rule + ",\n\"https://index.docker.io/v1/\":" + rule + "}}"),
      "config.json:3:1: \"https://index.docker.io/v1/\" is the same registry as that at 2:1 | keep one of the two "
      "rules");
  EXPECT_EQ(problem("{\"registries\":{\"a.b\":" + rule + ",\"a.b\":" + rule + "}}").find("config.json:1:"), 0U);
  EXPECT_EQ(problem("{\"registries\":{\"*.a.b\":" + rule + ",\"x.a.b\":" + rule + ",\"a.b:5000\":" + rule + "}}"),
            "none");
}

TEST(OauthConfig, RefusesASessionOfTwoProviders) {
  const std::string text = R"({"registries":{
"a.b":{"issuer":"https://x.y","client_id":"c","session":"s"},
"c.d":{"issuer":"https://x.z","client_id":"c","session":"s"}}})";
  EXPECT_NE(problem(text).find("config.json:2:57: the session \"s\" is shared with c.d"), std::string::npos)
      << problem(text);
}

TEST(OauthConfig, FindsTheNearestRule) {
  const std::string rule = R"({"issuer":"https://x.y","client_id":"c"})";
  const auto config = parse_config("{\"registries\":{\"*.example.com\":" + rule + ",\"*.a.example.com\":" + rule +
                                       ",\"b.a.example.com\":" + rule + "}}",
                                   "config.json");
  ASSERT_TRUE(config);
  const auto pattern = [&](std::string_view registry) {
    const Rule* found = find_rule(*config, registry);
    return found == nullptr ? "none" : found->pattern;
  };
  EXPECT_EQ(pattern("b.a.example.com"), "b.a.example.com");
  EXPECT_EQ(pattern("c.a.example.com"), "*.a.example.com");
  EXPECT_EQ(pattern("a.example.com"), "*.example.com");
  EXPECT_EQ(pattern("example.com"), "none");
  EXPECT_EQ(pattern("b.a.example.com:5000"), "none");
}

/// Configuration files of a user and a system in a folder of their own.
class OauthConfigFiles : public testing::Test {
 protected:
  void SetUp() override {
    root_ = testing::TempDir() + "keyberth-config-" + std::to_string(getpid());
    std::filesystem::remove_all(root_);
    host_.variables = {{"XDG_CONFIG_HOME", root_ + "/user"},
                       {"XDG_CONFIG_DIRS", "rel:" + root_ + "/none:" + root_ + "/sys"}};
    user_ = root_ + "/user/docker-credential-oauth/config.json";
    system_ = root_ + "/sys/docker-credential-oauth/config.json";
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  static void write(const std::string& path, const std::string& text, mode_t mode = 0644) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << text;
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
  }
  static std::string read(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  std::string problem() {
    const auto config = load_config(host_);
    return config ? "none" : config.error().message + " | " + config.error().hint;
  }

  FakeHost host_;
  std::string root_, user_, system_;
};

TEST_F(OauthConfigFiles, MayBeMissing) {
  const auto config = load_config(host_);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_TRUE(config->rules.empty());
  EXPECT_EQ(config->user_file, user_);
}

TEST_F(OauthConfigFiles, UserWinsFieldByField) {
  write(system_, R"({"vault":"keyctl","registries":{
    "a.b":{"preset":"gitlab","client_id":"company","scopes":["read_registry"]},
    "c.d":{"issuer":"https://x.y","client_id":"company"}}})");
  write(user_, R"({"registries":{"https://a.b/":{"client_id":"mine"}}})");
  const auto config = load_config(host_);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->vault, "keyctl");
  ASSERT_EQ(config->rules.size(), 2);
  const Rule* rule = find_rule(*config, "a.b");
  EXPECT_EQ(rule->client_id, "mine");
  EXPECT_EQ(rule->scopes, std::vector<std::string>{"read_registry"});
  EXPECT_EQ(rule->token_endpoint, "https://gitlab.com/oauth/token");
}

TEST_F(OauthConfigFiles, AnotherIssuerTakesTheEndpointsOfTheFormerAway) {
  write(system_, R"({"registries":{"a.b":{"issuer":"https://x.y","client_id":"c","endpoints":{"token":"https://x.y/t"}},
    "g.h":{"preset":"gitlab","client_id":"c"}}})");
  write(user_, R"({"registries":{"a.b":{"issuer":"https://other"},"g.h":{"issuer":"https://git.example.com/"}}})");
  const auto config = load_config(host_);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(find_rule(*config, "a.b")->token_endpoint, "") << "tokens must not go to the former provider";
  EXPECT_EQ(find_rule(*config, "g.h")->token_endpoint, "https://git.example.com/oauth/token");
}

TEST_F(OauthConfigFiles, NamesTheFileThatIsWrong) {
  write(system_, R"({"registries":{"a.b":{"issuer":"https://x.y","client_id":"c","scops":[]}}})");
  write(user_, R"({"registries":{"a.b":{"client_id":"mine"}}})");
  EXPECT_EQ(problem().find(system_ + ":1:62: \"scops\""), 0U) << problem();
  write(system_, R"({"registries":{"a.b":{"client_id":"c","issuer":"http://x.y"}}})");
  EXPECT_EQ(problem().find(system_ + ":1:48: \"http://x.y\""), 0U) << problem();
}

TEST_F(OauthConfigFiles, MustNotBeWritableByOthers) {
  write(user_, "{}", 0666);
  EXPECT_EQ(problem(), user_ + " can be written by other users, so it is not used | look at it, then:\n  chmod go-w '" +
                           user_ + "'");
  ASSERT_EQ(chmod(user_.c_str(), 0600), 0);
  EXPECT_EQ(problem(), "none");
  write(system_, "{}", 0664);
  EXPECT_NE(problem(), "none");
}

TEST_F(OauthConfigFiles, MustBelongToTheUserOrRoot) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "needs root";
  }
  write(user_, "{}");
  ASSERT_EQ(chown(user_.c_str(), 12345, 12345), 0);
  EXPECT_EQ(problem().find(user_ + " belongs to another user"), 0U);
}

TEST_F(OauthConfigFiles, LoginIsRememberedInANewFile) {
  const Remembered what{"reg.example.com", "oidc", "https://id.example.com", "me", {"openid", "email"}, "pass"};
  ASSERT_TRUE(preview(host_, what)) << preview(host_, what).error().message;
  EXPECT_FALSE(std::filesystem::exists(user_));
  ASSERT_TRUE(remember(host_, what));
  EXPECT_EQ(read(user_), R"({
  "vault": "pass",
  "registries": {
    "reg.example.com": {
      "preset": "oidc",
      "issuer": "https://id.example.com",
      "client_id": "me",
      "scopes": ["openid","email"]
    }
  }
}
)");
  struct stat info {};
  ASSERT_EQ(stat(user_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(OauthConfigFiles, LoginKeepsTheRestOfTheFile) {
  const std::string before = R"(// mine
{ "vault" : "keyctl", // in memory
  "registries": {
    // the first
    "a.b": {"issuer":"https://x.y", "client_id":"c"},
    "https://REG.example.com/": {"client_id": "old", "issuer": "https://id.example.com", "mint": "access-token"} // one
  } /* end */
}
)";
  write(user_, before);
  ASSERT_TRUE(remember(host_, {"reg.example.com", "", "", "new", {}, ""}));
  const std::string changed = read(user_);
  EXPECT_EQ(changed.substr(0, changed.find("\"https://REG")), before.substr(0, before.find("\"https://REG")));
  EXPECT_NE(changed.find("} // one\n  } /* end */\n}\n"), std::string::npos) << changed;
  ASSERT_TRUE(remember(host_, {"third.example", "", "https://x.y", "c", {}, "pass"}));
  const auto config = load_config(host_);
  ASSERT_TRUE(config) << config.error().message << read(user_);
  EXPECT_EQ(config->vault, "pass");
  EXPECT_EQ(config->rules.size(), 3);
  EXPECT_EQ(find_rule(*config, "reg.example.com")->client_id, "new");
  EXPECT_EQ(find_rule(*config, "reg.example.com")->issuer, "https://id.example.com");
  EXPECT_NE(read(user_).find("// in memory"), std::string::npos);
}

TEST_F(OauthConfigFiles, LoginFillsEveryShapeOfFile) {
  for (const char* text : {"", "{}", "{ }", "{\"registries\":{}}", "{\n  // none yet\n}", "{\"vault\":\"pass\"}",
                           "{\"vault\":\"pass\" // that\n}", "{\"registries\":{ /* { */ }}"}) {
    write(user_, text);
    ASSERT_TRUE(remember(host_, {"a.b", "", "https://x.y", "c", {}, "keyctl"})) << text;
    const auto config = load_config(host_);
    ASSERT_TRUE(config) << config.error().message << "\n" << read(user_);
    EXPECT_EQ(config->vault, "keyctl");
    EXPECT_NE(find_rule(*config, "a.b"), nullptr);
  }
}

TEST_F(OauthConfigFiles, LoginToOneRegistryOfAWildcardKeepsItsRule) {
  write(system_, R"({"registries": {"*.example.com": {"issuer": "https://id.example.com", "client_id": "all",
    "client_secret": "s", "scopes": ["openid"], "username": {"claim": "sub"}, "session": "company",
    "endpoints": {"device": "https://id.example.com/old", "token": "{issuer}/t"}, "realm_hosts": ["auth.example.com"],
    "mint": {"shape": "http-json", "endpoint": "https://{registry}/m", "secret_field": "/s"}}}})");
  write(user_, R"({"registries": {"*.example.com": {"ca_file": "/ca", "mint": {"expires_field": "/e"},
    "endpoints": {"device": "https://id.example.com/d"}, "username": {"claim": "email", "until": "@"}}}})");
  ASSERT_TRUE(remember(host_, {"a.example.com", "", "", "mine", {"openid", "email"}, ""}));
  const auto config = load_config(host_);
  ASSERT_TRUE(config) << config.error().message << read(user_);
  const Rule& rule = *find_rule(*config, "a.example.com");
  const Rule& wildcard = *find_rule(*config, "b.example.com");
  EXPECT_EQ(rule.pattern, "a.example.com");
  EXPECT_EQ(rule.client_id, "mine");
  EXPECT_EQ(rule.scopes, (std::vector<std::string>{"openid", "email"}));
  EXPECT_EQ(rule.client_secret, "") << "that of another client";
  EXPECT_EQ(rule.session, "") << "another client has another session";
  EXPECT_EQ(rule.issuer, wildcard.issuer);
  EXPECT_EQ(rule.device_endpoint, "https://id.example.com/d");
  EXPECT_EQ(rule.token_endpoint, wildcard.token_endpoint);
  EXPECT_EQ(rule.realm_hosts, wildcard.realm_hosts);
  EXPECT_EQ(rule.ca_file, "/ca");
  EXPECT_EQ(rule.mint.endpoint, "https://a.example.com/m");
  EXPECT_EQ(rule.mint.secret_field, "/s");
  EXPECT_EQ(rule.mint.expires_field, "/e");
  EXPECT_EQ(rule.username.value, "email");
  EXPECT_EQ(rule.username.until, "@");
  EXPECT_EQ(wildcard.session, "company");

  ASSERT_TRUE(remember(host_, {"a.example.com", "", "https://other.example.com", "", {}, ""}));
  const auto moved = load_config(host_);
  ASSERT_TRUE(moved) << moved.error().message << read(user_);
  EXPECT_EQ(find_rule(*moved, "a.example.com")->device_endpoint, "") << "an endpoint of the former provider";
  EXPECT_EQ(find_rule(*moved, "a.example.com")->token_endpoint, "https://other.example.com/t");
  EXPECT_EQ(find_rule(*moved, "b.example.com")->device_endpoint, "https://id.example.com/d");
}

TEST_F(OauthConfigFiles, VaultAloneIsRememberedWithoutARule) {
  ASSERT_TRUE(remember(host_, {"", "", "", "", {}, "pass"}));
  EXPECT_EQ(read(user_), "{\n  \"vault\": \"pass\"\n}\n");
}

TEST_F(OauthConfigFiles, LoginFollowsALink) {
  write(root_ + "/elsewhere.json", "{}");
  std::filesystem::create_directories(std::filesystem::path(user_).parent_path());
  std::filesystem::create_symlink(root_ + "/elsewhere.json", user_);
  ASSERT_TRUE(remember(host_, {"a.b", "", "https://x.y", "c", {}, ""}));
  EXPECT_TRUE(std::filesystem::is_symlink(user_));
  EXPECT_NE(read(root_ + "/elsewhere.json").find("a.b"), std::string::npos);
}

TEST_F(OauthConfigFiles, PreviewRefusesWhatCannotWork) {
  EXPECT_FALSE(preview(host_, {"a.b", "", "", "c", {}, ""}));
  EXPECT_FALSE(preview(host_, {"a.b", "nonsense", "https://x.y", "c", {}, ""}));
}

}  // namespace
}  // namespace keyberth::oauth
