// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "helpers/oauth/net/answers.h"
#include "tests/unit/scripted_http.h"

namespace keyberth::oauth {
namespace {

using Answer = tl::expected<HttpAnswer, HttpFailure>;

std::string document(const std::string& issuer, const std::string& more = "") {
  return R"({"issuer":")" + issuer + R"(","token_endpoint":"https://id.example/token","authorization_endpoint":)" +
         R"("https://login.example/auth","device_authorization_endpoint":"https://id.example/device")" + more + "}";
}

/// A server with documents at some addresses and 404 at all others.
ScriptedHttp& serve(ScriptedHttp& http, std::map<std::string, std::string> documents) {
  http.answer = [documents = std::move(documents)](const HttpRequest& request) -> Answer {
    const auto found = documents.find(request.url);
    return found == documents.end() ? http_answer(404, "<html>") : http_answer(200, found->second);
  };
  return http;
}

std::vector<std::string> urls(const ScriptedHttp& http) {
  std::vector<std::string> all;
  for (const auto& seen : http.seen) {
    all.push_back(seen.url);
  }
  return all;
}

TEST(Discovery, TriesTheOAuthFormAndThenOpenIds) {
  ScriptedHttp http;
  Rule rule = example_rule();
  rule.issuer = "https://id.example/realms/one";
  const std::string oauth = "https://id.example/.well-known/oauth-authorization-server/realms/one";
  const std::string openid = "https://id.example/realms/one/.well-known/openid-configuration";
  const auto found =
      discover(serve(http, {{openid, document(rule.issuer, R"(,"revocation_endpoint":"https://id.example/r",
                                             "authorization_response_iss_parameter_supported":true)")}}),
               rule);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(urls(http), (std::vector<std::string>{oauth, openid}));
  EXPECT_EQ(found->issuer, rule.issuer);
  EXPECT_EQ(found->token_endpoint, "https://id.example/token");
  EXPECT_EQ(found->authorization_endpoint, "https://login.example/auth");
  EXPECT_EQ(found->device_authorization_endpoint, "https://id.example/device");
  EXPECT_EQ(found->revocation_endpoint, "https://id.example/r");
  EXPECT_TRUE(found->announces_iss);

  ScriptedHttp first;
  EXPECT_FALSE(discover(serve(first, {{oauth, document(rule.issuer)}}), rule)->announces_iss);
  EXPECT_EQ(urls(first), (std::vector<std::string>{oauth}));
}

TEST(Discovery, FindsOpenIdsDocumentInEitherPlace) {
  Rule rule = example_rule();
  rule.issuer = "https://id.example/realms/one";
  const std::string inserted = "https://id.example/.well-known/openid-configuration/realms/one";
  ScriptedHttp http;
  ASSERT_TRUE(discover(serve(http, {{inserted, document(rule.issuer)}}), rule));
  EXPECT_EQ(urls(http).size(), 3U);
  EXPECT_EQ(urls(http).back(), inserted);
  // The document of another issuer of the same server is none of this one's, wherever it is.
  const std::string root = "https://id.example/.well-known/openid-configuration";
  ScriptedHttp other;
  EXPECT_FALSE(discover(serve(other, {{root, document(rule.issuer)}}), rule));
  ScriptedHttp wrong;
  EXPECT_FALSE(discover(serve(wrong, {{inserted, document("https://id.example")}}), rule));
}

TEST(Discovery, ASlashAtTheIssuersEndIsPartOfItButNotOfTheAddress) {
  ScriptedHttp http;
  Rule rule = example_rule();
  rule.issuer = "https://id.example/";
  const std::string openid = "https://id.example/.well-known/openid-configuration";
  EXPECT_TRUE(discover(serve(http, {{openid, document("https://id.example/")}}), rule));
  EXPECT_FALSE(discover(serve(http, {{openid, document("https://id.example")}}), rule));
}

TEST(Discovery, TheIssuerMustBeEqualToTheLastCharacter) {
  for (const char* other :
       {"https://id.example/", "https://ID.example", "https://evil.example", "", "http://id.example"}) {
    ScriptedHttp http;
    const auto found = discover(
        serve(http, {{"https://id.example/.well-known/oauth-authorization-server", document(other)}}), example_rule());
    ASSERT_FALSE(found) << other;
    EXPECT_EQ(found.error().kind, ErrorKind::bad_input);
    EXPECT_NE(found.error().message.find("another issuer"), std::string::npos) << found.error().message;
  }
}

TEST(Discovery, R3EndpointsMustBeHttps) {
  for (const char* name :
       {"token_endpoint", "authorization_endpoint", "device_authorization_endpoint", "revocation_endpoint"}) {
    for (const char* address : {"http://id.example/x", "ftp://id.example/x", "//id.example/x",
                                "https://u:p@id.example/x", "http://127.0.0.1/x", "https://id.example/x#y"}) {
      const std::string body = std::string(R"({"issuer":"https://id.example",")") + name + "\":\"" + address + "\"}";
      const auto found = parse_metadata(body, example_rule(), {"id.example", "cli", "registry.example"});
      ASSERT_FALSE(found) << body;
      EXPECT_EQ(found.error().message.find("u:p"), std::string::npos);
    }
  }
}

TEST(Discovery, ExplicitEndpointsWin) {
  ScriptedHttp http;
  Rule rule = example_rule();
  rule.token_endpoint = "https://own.example/token";
  const auto found = discover(
      serve(http, {{"https://id.example/.well-known/oauth-authorization-server",
                    R"({"issuer":"https://id.example","token_endpoint":"http://wrong","revocation_endpoint":null})"}}),
      rule);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->token_endpoint, "https://own.example/token");
}

TEST(Discovery, FetchesNothingWhenEverythingIsWrittenDown) {
  ScriptedHttp http;
  Rule rule = example_rule();
  rule.token_endpoint = "https://id.example/token";
  rule.device_endpoint = "https://id.example/device";
  rule.authorization_endpoint = "https://id.example/auth";
  rule.revocation_endpoint = "https://id.example/revoke";
  const auto found = discover(http, rule);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->revocation_endpoint, "https://id.example/revoke");
  EXPECT_EQ(found->issuer, "https://id.example");
  rule.issuer.clear();
  rule.revocation_endpoint.clear();
  ASSERT_TRUE(discover(http, rule));
  EXPECT_TRUE(http.seen.empty());
  rule.token_endpoint = "http://id.example/token";
  EXPECT_FALSE(discover(http, rule));
  rule.token_endpoint.clear();
  EXPECT_FALSE(discover(http, rule));
}

TEST(Discovery, GetsByWithoutMetadataWhenAWayToLogInIsWrittenDown) {
  ScriptedHttp http;
  Rule rule = example_rule();
  rule.token_endpoint = "https://id.example/token";
  EXPECT_FALSE(discover(http, rule));
  rule.device_endpoint = "https://id.example/device";
  EXPECT_TRUE(discover(http, rule));
  // But not when the metadata is that of somebody else.
  EXPECT_FALSE(
      discover(serve(http, {{"https://id.example/.well-known/openid-configuration", document("https://evil")}}), rule));
}

TEST(Discovery, GoesOnBehindALoginPageButNotWithoutANetwork) {
  ScriptedHttp http;
  http.answer = [](const HttpRequest& request) -> Answer {
    if (request.url.ends_with("openid-configuration")) {
      return http_answer(200, document("https://id.example"));
    }
    return http_failure(true, true);
  };
  EXPECT_TRUE(discover(http, example_rule()));
  ScriptedHttp down;
  down.answer = [](const HttpRequest&) -> Answer { return http_failure(false); };
  const auto found = discover(down, example_rule());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().message, "the network is gone");
  EXPECT_EQ(down.seen.size(), 1U);
  ScriptedHttp page;
  page.answer = [](const HttpRequest& request) -> Answer {
    return http_answer(200, request.url.ends_with("openid-configuration") ? document("https://id.example") : "<html>");
  };
  EXPECT_TRUE(discover(page, example_rule()));
}

TEST(Discovery, R6DocumentsAreBounded) {
  std::string large = document("https://id.example", R"(,"x":")" + std::string(1024 * 1024, 'y') + "\"");
  const Asked asked = {"id.example", "cli", "registry.example"};
  EXPECT_FALSE(parse_metadata(large, example_rule(), asked));
  EXPECT_TRUE(parse_metadata(document("https://id.example", R"(,"x":")" + std::string(200000, 'y') + "\""),
                             example_rule(), asked));
  EXPECT_FALSE(
      parse_metadata(document("https://id.example", R"(,"issuer":"https://id.example")"), example_rule(), asked));
  EXPECT_FALSE(parse_metadata("[]", example_rule(), asked));
  EXPECT_FALSE(parse_metadata("", example_rule(), asked));
  ScriptedHttp http;
  http.answer = [](const HttpRequest& request) -> Answer {
    EXPECT_EQ(request.answer_limit, 1024U * 1024U);
    return http_answer(500, "");
  };
  EXPECT_FALSE(discover(http, example_rule()));
}

TEST(Discovery, RefusesIssuersThatCannotBeOne) {
  ScriptedHttp http;
  for (const char* issuer :
       {"http://id.example", "https://id.example?x=1", "https://id.example#x", "id.example", "https://u@id.example"}) {
    Rule rule = example_rule();
    rule.issuer = issuer;
    EXPECT_FALSE(discover(http, rule)) << issuer;
  }
  EXPECT_TRUE(http.seen.empty());
}

}  // namespace
}  // namespace keyberth::oauth
