// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/net/mint.h"

#include <gtest/gtest.h>

#include "common/base64.h"
#include "helpers/oauth/net/authorization.h"
#include "tests/unit/scripted_http.h"

namespace keyberth::oauth {
namespace {

constexpr UnixTime kNow = 1'800'000'000;
constexpr const char* kRegistry = "registry.example";

std::string jwt(const std::string& claims) { return "e30." + std::string(base64url(claims).view()) + ".c2ln"; }

Session example_session() {
  Session session;
  session.issuer = "https://id.example";
  session.client_id = "cli";
  session.token_endpoint = "https://id.example/token";
  session.access_token = Secret("ACCESS");
  session.id_token = Secret(jwt(R"({"sub":"alice","email":"a@x.example","n":7,"exp":1800000100,"o":{"name":"deep"}})"));
  session.obtained = kNow;
  session.expires = kNow + 3600;
  return session;
}

class Mint : public testing::Test {
 protected:
  Mint() : rule_(example_rule()), session_(example_session()) { rule_.username.value = "oauth2"; }

  Result<Session::Minted> run() { return mint(http_, rule_, kRegistry, session_, kNow); }
  void answers(long status, const std::string& body) {
    http_.answer = [status, body, this](const HttpRequest& request) -> tl::expected<HttpAnswer, HttpFailure> {
      authorization_ = request.authorization.view();
      content_type_ = request.content_type;
      client_ = request.client.certificate + " " + request.client.key;
      return http_answer(status, body);
    };
  }

  ScriptedHttp http_;
  Rule rule_;
  Session session_;
  std::string authorization_;
  std::string content_type_;
  std::string client_;
};

TEST_F(Mint, AccessTokenNeedsNoRequest) {
  const auto minted = run();
  ASSERT_TRUE(minted);
  EXPECT_EQ(kRegistry, minted->registry);
  EXPECT_EQ("oauth2", minted->username);
  EXPECT_EQ("ACCESS", minted->secret.view());
  EXPECT_EQ(kNow, minted->obtained);
  EXPECT_EQ(kNow + 3600, minted->expires);
  EXPECT_TRUE(http_.seen.empty());
}

TEST_F(Mint, IdTokenEndsWithItsOwnExpiry) {
  rule_.mint.shape = Shape::id_token;
  EXPECT_EQ(1800000100, run()->expires);
  session_.id_token = {};
  const auto minted = run();
  ASSERT_FALSE(minted);
  EXPECT_NE(std::string::npos, minted.error().hint.find("openid"));
}

TEST_F(Mint, ShowsTheRulesClientCertificate) {
  rule_.client_certificate = "/me.pem";
  rule_.client_key = "/me.key";
  for (const Shape shape : {Shape::exchange, Shape::acr, Shape::http_json}) {
    rule_.mint.shape = shape;
    rule_.mint.endpoint = "https://registry.example/mint";
    client_.clear();
    answers(404, "{}");
    EXPECT_FALSE(run());
    EXPECT_EQ("/me.pem /me.key", client_);
  }
}

TEST_F(Mint, ExchangeFollowsRfc8693) {
  rule_.mint.shape = Shape::exchange;
  rule_.mint.audience = "the registry";
  rule_.mint.requested_type = "urn:ietf:params:oauth:token-type:jwt";
  answers(200, R"({"access_token":"NEW","issued_token_type":"x","token_type":"N_A","expires_in":"300"})");
  const auto minted = run();
  ASSERT_TRUE(minted) << minted.error().message;
  EXPECT_EQ("NEW", minted->secret.view());
  EXPECT_EQ(kNow + 300, minted->expires);
  EXPECT_EQ("https://id.example/token", http_.seen.at(0).url);
  EXPECT_EQ((std::map<std::string, std::string>{{"grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"},
                                                {"client_id", "cli"},
                                                {"subject_token", "ACCESS"},
                                                {"subject_token_type", "urn:ietf:params:oauth:token-type:access_token"},
                                                {"audience", "the registry"},
                                                {"requested_token_type", "urn:ietf:params:oauth:token-type:jwt"}}),
            fields_of(http_.seen.at(0).body));
}

TEST_F(Mint, ExchangeOfTheIdTokenElsewhere) {
  rule_.mint.shape = Shape::exchange;
  rule_.mint.subject = "id_token";
  rule_.mint.endpoint = "https://{registry}/sts";
  answers(200, R"({"access_token":"NEW"})");
  const auto minted = run();
  ASSERT_TRUE(minted);
  EXPECT_EQ(0, minted->expires);
  EXPECT_EQ("https://registry.example/sts", http_.seen.at(0).url);
  EXPECT_EQ(session_.id_token.view(), fields_of(http_.seen.at(0).body)["subject_token"]);
}

TEST_F(Mint, AcrTakesTheExpiryOfItsToken) {
  rule_.mint.shape = Shape::acr;
  rule_.mint.tenant = "t-1";
  answers(200, R"({"refresh_token":")" + jwt(R"({"exp":1800010800})") + "\"}");
  const auto minted = run();
  ASSERT_TRUE(minted) << minted.error().message;
  EXPECT_EQ(1800010800, minted->expires);
  EXPECT_EQ("https://registry.example/oauth2/exchange", http_.seen.at(0).url);
  EXPECT_EQ((std::map<std::string, std::string>{
                {"grant_type", "access_token"}, {"service", kRegistry}, {"access_token", "ACCESS"}, {"tenant", "t-1"}}),
            fields_of(http_.seen.at(0).body));
}

TEST_F(Mint, HttpJsonWithBearer) {
  rule_.mint.shape = Shape::http_json;
  rule_.mint.endpoint = "https://{registry}/api/me";
  rule_.mint.secret_field = "/meta/secret";
  rule_.mint.expires_field = "/ttl";
  rule_.username = {UsernameRule::Source::field, "/name"};
  answers(200, R"({"name":"alice+ci","meta":{"secret":"S"},"ttl":60})");
  const auto minted = run();
  ASSERT_TRUE(minted) << minted.error().message;
  EXPECT_EQ("alice+ci", minted->username);
  EXPECT_EQ("S", minted->secret.view());
  EXPECT_EQ(kNow + 60, minted->expires);
  EXPECT_EQ("Bearer ACCESS", authorization_);
  EXPECT_EQ("GET", http_.seen.at(0).method);
  EXPECT_EQ("", http_.seen.at(0).body);
  EXPECT_EQ(std::string::npos, http_.seen.at(0).url.find("ACCESS"));
}

TEST_F(Mint, HttpJsonWithBasic) {
  rule_.mint.shape = Shape::http_json;
  rule_.mint.endpoint = "https://quay.example/robot";
  rule_.mint.authentication = "basic";
  rule_.mint.basic_user = "ns+robot";
  rule_.mint.token = "id_token";
  answers(200, R"({"token":"S"})");
  ASSERT_TRUE(run());
  EXPECT_EQ(basic_authorization("ns+robot", session_.id_token.view()).view(), authorization_);
}

TEST_F(Mint, HttpJsonWithAFormAndWithJson) {
  rule_.mint.shape = Shape::http_json;
  rule_.mint.endpoint = "https://x.example/mint";
  rule_.mint.method = "POST";
  rule_.mint.parameters = {{"host", "{registry}"}, {"t", "a {token} b {token}"}};
  answers(200, R"({"token":"S"})");
  rule_.mint.authentication = "form";
  ASSERT_TRUE(run());
  EXPECT_EQ((std::map<std::string, std::string>{{"host", kRegistry}, {"t", "a ACCESS b ACCESS"}}),
            fields_of(http_.seen.at(0).body));
  EXPECT_EQ("", authorization_);
  rule_.mint.authentication = "json";
  ASSERT_TRUE(run());
  EXPECT_EQ(R"({"host":"registry.example","t":"a ACCESS b ACCESS"})", http_.seen.at(1).body);
  EXPECT_EQ("application/json", content_type_);
}

TEST_F(Mint, PairIsUserAndPassword) {
  rule_.mint.shape = Shape::http_json;
  rule_.mint.endpoint = "https://x.example/mint";
  rule_.mint.secret_field = "/auths/registry.example/auth";
  rule_.mint.pair = true;
  rule_.username = {UsernameRule::Source::field, ""};
  answers(200, R"({"auths":{"registry.example":{"auth":")" + std::string(base64("me:pa:ss").view()) + "\"}}}");
  const auto minted = run();
  ASSERT_TRUE(minted) << minted.error().message;
  EXPECT_EQ("me", minted->username);
  EXPECT_EQ("pa:ss", minted->secret.view());
  answers(200, R"({"auths":{"registry.example":{"auth":"!"}}})");
  EXPECT_FALSE(run());
}

TEST_F(Mint, UserNamesFromClaims) {
  rule_.username = {UsernameRule::Source::claim, "email"};
  EXPECT_EQ("a@x.example", run()->username);
  rule_.username.value = "/o/name";
  EXPECT_EQ("deep", run()->username);
  for (const char* claim : {"n", "none", "o"}) {
    rule_.username.value = claim;
    EXPECT_FALSE(run()) << claim;
  }
  rule_.username.value = "sub";
  session_.id_token = Secret("opaque");
  EXPECT_FALSE(run());
}

TEST_F(Mint, UserNamesUpToAMark) {
  rule_.username = {UsernameRule::Source::claim, "sub", "@"};
  for (const auto& [claim, name] : {std::pair("alice@corp.example", "alice"), {"alice", "alice"}, {"a@b@c", "a"}}) {
    session_.id_token = Secret(jwt(std::string(R"({"sub":")") + claim + "\"}"));
    EXPECT_EQ(name, run().value().username);
  }
  // Nothing is left, or what is left would be taken for something else.
  for (const char* claim : {"@corp.example", "<token>@corp.example", "a:b@corp.example"}) {
    session_.id_token = Secret(jwt(std::string(R"({"sub":")") + claim + "\"}"));
    EXPECT_FALSE(run()) << claim;
  }
}

TEST_F(Mint, R9NamesThatNoRegistryCanBeSent) {
  rule_.username = {UsernameRule::Source::claim, "sub"};
  for (const char* name : {"", "a:b", "two\\nlines", "esc\\u001b[m", "nul\\u0000x", "right\\u202eto left", "<token>"}) {
    session_.id_token = Secret(jwt(std::string(R"({"sub":")") + name + "\"}"));
    EXPECT_FALSE(run()) << name;
  }
  session_.id_token = Secret(jwt(R"({"sub":")" + std::string(256, 'x') + "\"}"));
  EXPECT_FALSE(run());
  for (const char* name : {"robot$alice", "ns/alice", "a+b@c.example", "Ünïcödé"}) {
    session_.id_token = Secret(jwt(std::string(R"({"sub":")") + name + "\"}"));
    EXPECT_EQ(name, run().value().username);
  }
}

TEST_F(Mint, R4SecretsThatWouldBreakAHeader) {
  for (const std::string& secret : {std::string("a\nb"), std::string("a\rb"), std::string("a\0b", 3)}) {
    session_.access_token = Secret(secret);
    EXPECT_FALSE(run());
  }
}

TEST_F(Mint, RefusalsSayWhoAndWhy) {
  rule_.mint.shape = Shape::acr;
  answers(401, R"({"errors":[{"code":"UNAUTHORIZED","message":"no \u001b[31m such tenant"}]})");
  const auto refused = run();
  ASSERT_FALSE(refused);
  EXPECT_EQ(ErrorKind::denied, refused.error().kind);
  EXPECT_NE(std::string::npos, refused.error().message.find("registry.example"));
  EXPECT_NE(std::string::npos, refused.error().message.find("such tenant"));
  EXPECT_EQ(std::string::npos, refused.error().message.find('\x1b'));
  answers(503, "busy");
  EXPECT_EQ(ErrorKind::unavailable, run().error().kind);
  answers(200, "<html>");
  EXPECT_EQ(ErrorKind::unavailable, run().error().kind);
  answers(200, R"({"error":"invalid_target"})");
  EXPECT_EQ(ErrorKind::denied, run().error().kind);
  answers(200, R"({"other":"x"})");
  EXPECT_FALSE(run());
  http_.answer = [](const HttpRequest&) -> tl::expected<HttpAnswer, HttpFailure> { return http_failure(true); };
  EXPECT_EQ("the network is gone", run().error().message);
}

TEST_F(Mint, OnlyUsableEndpointsAreAsked) {
  rule_.mint.shape = Shape::http_json;
  for (const char* url : {"http://x.example/", "https://u@x.example/", "file:///etc/passwd", ""}) {
    rule_.mint.endpoint = url;
    EXPECT_FALSE(run()) << url;
  }
  EXPECT_TRUE(http_.seen.empty());
}

}  // namespace
}  // namespace keyberth::oauth
