// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "common/base64.h"
#include "helpers/oauth/net/answers.h"
#include "helpers/oauth/net/crypto.h"
#include "helpers/oauth/net/memory.h"
#include "tests/unit/scripted_http.h"

namespace keyberth::oauth {
namespace {

constexpr UnixTime kNow = 1'800'000'000;
const Asked kAsked = {"id.example", "cli", "registry.example"};

tl::expected<Tokens, TokenFailure> parse(long status, std::string_view body) {
  return parse_token_answer(status, body, kAsked, kNow);
}

TokenFailure failure(long status, std::string_view body) {
  auto tokens = parse(status, body);
  EXPECT_FALSE(tokens.has_value()) << body;
  return tokens ? TokenFailure{} : std::move(tokens).error();
}

bool shows(const Error& error, std::string_view text) {
  return (error.message + "\n" + error.hint).find(text) != std::string::npos;
}

TEST(TokenAnswer, GivesTheTokens) {
  const auto tokens = parse(200, R"({"access_token":"a","token_type":"bEaReR","expires_in":3600,"refresh_token":"r",
                                     "id_token":"i","scope":"x y","unknown":[1]})");
  ASSERT_TRUE(tokens);
  EXPECT_EQ(tokens->access_token.view(), "a");
  EXPECT_EQ(tokens->refresh_token.view(), "r");
  EXPECT_EQ(tokens->id_token.view(), "i");
  EXPECT_EQ(tokens->scope, "x y");
  EXPECT_EQ(tokens->expires, kNow + 3600);
}

TEST(TokenAnswer, TakesNumbersAsTextAndMissingOnes) {
  EXPECT_EQ(parse(200, R"({"access_token":"a","expires_in":"3600"})")->expires, kNow + 3600);
  EXPECT_EQ(parse(201, R"({"access_token":"a"})")->expires, 0);
  EXPECT_EQ(parse(200, R"({"access_token":"a","expires_in":null})")->expires, 0);
  EXPECT_EQ(parse(200, R"({"access_token":"a","expires_in":0})")->expires, 0);
  EXPECT_EQ(parse(200, R"({"access_token":"a","expires_in":-5})")->expires, 0);
  EXPECT_GT(parse(200, R"({"access_token":"a","expires_in":1e300})")->expires, kNow);
}

TEST(TokenAnswer, TakesTheDateOfAnAccessTokenWhereNothingElseIsSaid) {
  const std::string jwt = "e30." + std::string(base64url(R"({"exp":1800000500})").view()) + ".x";
  EXPECT_EQ(parse(200, R"({"access_token":")" + jwt + "\"}")->expires, kNow + 500);
}

TEST(TokenAnswer, WantsBearerUnlessAnExchangeGaveSomethingElse) {
  EXPECT_TRUE(shows(failure(200, R"({"access_token":"a","token_type":"DPoP"})").error, "\"DPoP\" and not Bearer"));
  EXPECT_FALSE(parse(200, R"({"access_token":"a","token_type":"N_A"})"));
  EXPECT_TRUE(parse(200, R"({"access_token":"a","token_type":"N_A","issued_token_type":"urn:x"})"));
  EXPECT_TRUE(parse(200, R"({"access_token":"a"})"));
}

TEST(TokenAnswer, R4TokensWithControlCharactersAreRefused) {
  for (const char* body : {R"({"access_token":"a\r\nX: y"})", R"({"access_token":"a","refresh_token":"\n"})",
                           R"({"access_token":"a","id_token":"\u0000"})"}) {
    EXPECT_TRUE(shows(failure(200, body).error, "control characters")) << body;
    EXPECT_TRUE(failure(200, body).maybe_spent) << body;
  }
  EXPECT_TRUE(shows(failure(200, R"({"access_token":""})").error, "empty"));
}

TEST(TokenAnswer, IsDecidedByItsBodyAndNotByItsStatus) {
  for (const long status : {200L, 400L, 401L, 403L, 428L, 500L}) {
    const auto pending = failure(status, R"({"error":"authorization_pending"})");
    EXPECT_EQ(pending.code, "authorization_pending") << status;
    EXPECT_FALSE(pending.transport) << status;
    EXPECT_FALSE(pending.maybe_spent) << status;
  }
  // Both at once is no success.
  EXPECT_EQ(failure(200, R"({"access_token":"a","error":"access_denied"})").code, "access_denied");
  EXPECT_FALSE(parse(400, R"({"access_token":"a"})"));
}

TEST(TokenAnswer, EveryErrorHasItsOwnSentence) {
  std::map<std::string, std::string> sentences;
  for (const char* code :
       {"authorization_pending", "slow_down", "access_denied", "expired_token", "invalid_grant", "invalid_client",
        "unauthorized_client", "unsupported_grant_type", "device_flow_disabled", "invalid_scope", "invalid_target",
        "invalid_request", "server_error", "temporarily_unavailable", "bad_verification_code", "something_new"}) {
    const auto failed = failure(400, std::string(R"({"error":")") + code + "\"}");
    EXPECT_EQ(failed.code, code);
    EXPECT_FALSE(failed.error.hint.empty()) << code;
    EXPECT_FALSE(failed.error.message.ends_with('.')) << code;
    EXPECT_TRUE(sentences.emplace(failed.error.message, code).second) << failed.error.message;
  }
  EXPECT_EQ(failure(400, R"({"error":"invalid_grant"})").error.kind, ErrorKind::locked);
  EXPECT_EQ(failure(400, R"({"error":"access_denied"})").error.kind, ErrorKind::denied);
  EXPECT_TRUE(shows(failure(400, R"({"error":"invalid_client"})").error, "\"cli\""));
  EXPECT_TRUE(shows(failure(400, R"({"error":"expired_token"})").error, "oauth login registry.example"));
}

TEST(TokenAnswer, R5TheServersWordsAreShownPrintable) {
  const auto failed = failure(400, R"({"error":"ev\u001b[2Jil","error_description":"red \u001b[31m\u202e text\r\n"})");
  EXPECT_TRUE(shows(failed.error, "red ?[31m? text"));
  EXPECT_EQ(failed.error.message.find('\x1b'), std::string::npos);
  EXPECT_EQ(failed.error.message.find('\n'), std::string::npos);
  EXPECT_EQ(failed.code, "ev?[2Jil");
  const auto endless = failure(400, R"({"error":"x","error_description":")" + std::string(5000, 'y') + "\"}");
  EXPECT_LT(endless.error.message.size(), 400U);
}

TEST(TokenAnswer, WithoutUsableJsonSaysWhatCame) {
  EXPECT_TRUE(shows(failure(404, "").error, "nothing at that address (status 404)"));
  EXPECT_TRUE(shows(failure(200, "").error, "answered with nothing"));
  EXPECT_TRUE(shows(failure(200, " <!DOCTYPE html><html>").error, "a web page"));
  EXPECT_TRUE(shows(failure(400, "access_token=a").error, "not the JSON"));
  EXPECT_TRUE(shows(failure(503, "<html>").error, "at the moment (status 503)"));
  EXPECT_TRUE(shows(failure(401, "").error, "does not say why"));
  EXPECT_TRUE(shows(failure(403, R"({"error":{"code":403,"message":"project \u001b gone"}})").error, "project ? gone"));
  EXPECT_TRUE(shows(failure(400, "[]").error, "not the JSON"));
}

TEST(TokenAnswer, R6DuplicateNamesAndDeepNestingAreRefused) {
  EXPECT_FALSE(parse(200, R"({"access_token":"a","access_token":"b"})"));
  EXPECT_FALSE(parse(200, R"({"access_token":"a","error":null,"x":{"y":1,"y":2}})"));
  std::string deep = R"({"access_token":"a","x":)" + std::string(5000, '[') + std::string(5000, ']') + "}";
  EXPECT_FALSE(parse(200, deep));
}

TEST(TokenAnswer, TellsWhenARefreshTokenMayBeSpent) {
  EXPECT_TRUE(failure(500, "").maybe_spent);
  EXPECT_TRUE(failure(502, "<html>").maybe_spent);
  EXPECT_TRUE(failure(500, R"({"error":"server_error"})").maybe_spent);
  EXPECT_TRUE(failure(500, R"({"error":"some_proxy"})").maybe_spent);
  EXPECT_TRUE(failure(200, "<html>").maybe_spent);
  EXPECT_TRUE(failure(200, R"({"access_token":"cut)").maybe_spent);
  EXPECT_FALSE(failure(503, "").maybe_spent);
  EXPECT_FALSE(failure(429, "").maybe_spent);
  EXPECT_FALSE(failure(404, "").maybe_spent);
  EXPECT_FALSE(failure(400, R"({"error":"invalid_grant"})").maybe_spent);
  EXPECT_FALSE(failure(503, R"({"error":"temporarily_unavailable"})").maybe_spent);
  for (const long status : {429L, 500L, 502L, 503L, 504L}) {
    EXPECT_TRUE(failure(status, "").transport) << status;
    EXPECT_TRUE(failure(status, R"({"error":"rate_limited"})").transport) << status;
  }
  EXPECT_FALSE(failure(400, "").transport);
}

TEST(RetryAfter, IsSecondsOrADate) {
  EXPECT_EQ(parse_retry_after("7", kNow), 7);
  EXPECT_EQ(parse_retry_after(" 0 ", kNow), 0);
  EXPECT_EQ(parse_retry_after("99999999999", kNow), 86400);
  EXPECT_EQ(parse_retry_after("Fri, 15 Jan 2027 08:00:30 GMT", kNow), 30);
  EXPECT_EQ(parse_retry_after("Fri, 15 Jan 2021 08:00:30 GMT", kNow), 0);
  for (const char* bad : {"", "-1", "soon", "7 s", "Fri, 15 Jan 2027 08:00:30 CET"}) {
    EXPECT_FALSE(parse_retry_after(bad, kNow)) << bad;
  }
}

TEST(RequestTokens, SendsAFormWithTheClientAndAsksForJson) {
  ScriptedHttp http;
  http.answer = [](const HttpRequest&) -> tl::expected<HttpAnswer, HttpFailure> {
    return http_answer(200, R"({"access_token":"a"})");
  };
  Rule rule = example_rule();
  ASSERT_TRUE(request_tokens(http, rule, "https://id.example/token", {{"grant_type", "x y&z=\xc3\xa9~"}}, kNow));
  ASSERT_EQ(http.seen.size(), 1U);
  EXPECT_EQ(http.seen[0].method, "POST");
  EXPECT_EQ(http.seen[0].accept, "application/json");
  EXPECT_EQ(http.seen[0].body, "grant_type=x+y%26z%3D%C3%A9~&client_id=cli");
  rule.client_secret = "not so secret";
  ASSERT_TRUE(request_tokens(http, rule, "https://id.example/token", {}, kNow));
  EXPECT_EQ(fields_of(http.seen[1].body)["client_secret"], "not so secret");
}

TEST(RequestTokens, PassesOnWhatHappenedOnTheWay) {
  ScriptedHttp http;
  for (const bool sent : {false, true}) {
    http.answer = [&](const HttpRequest&) -> tl::expected<HttpAnswer, HttpFailure> { return http_failure(sent); };
    const auto lost = request_tokens(http, example_rule(), "https://id.example/token", {}, kNow);
    ASSERT_FALSE(lost);
    EXPECT_TRUE(lost.error().transport);
    EXPECT_EQ(lost.error().maybe_spent, sent);
    EXPECT_EQ(lost.error().code, "");
  }
  http.answer = [](const HttpRequest&) -> tl::expected<HttpAnswer, HttpFailure> { return http_failure(true, true); };
  const auto redirected = request_tokens(http, example_rule(), "https://id.example/token", {}, kNow);
  EXPECT_FALSE(redirected.error().maybe_spent);
  EXPECT_FALSE(redirected.error().transport);
  http.answer = [](const HttpRequest&) -> tl::expected<HttpAnswer, HttpFailure> {
    auto answer = http_answer(503, "");
    answer.headers["retry-after"] = {"12"};
    return answer;
  };
  EXPECT_EQ(request_tokens(http, example_rule(), "https://id.example/token", {}, kNow).error().retry_after, 12);
}

Session example_session() {
  Session session;
  session.issuer = "https://id.example";
  session.client_id = "cli";
  session.token_endpoint = "https://id.example/token";
  session.revocation_endpoint = "https://id.example/revoke";
  session.refresh_token = Secret("the refresh token");
  session.access_token = Secret("the access token");
  return session;
}

TEST(Refresh, R1TheTokenGoesOnlyToWhereItCameFrom) {
  ScriptedHttp http;
  const std::vector<std::function<void(Rule&)>> changes = {
      [](Rule& rule) { rule.issuer = "https://evil.example"; }, [](Rule& rule) { rule.issuer = "https://id.example/"; },
      [](Rule& rule) { rule.client_id = "other"; },
      [](Rule& rule) { rule.token_endpoint = "https://evil.example/token"; }};
  for (const auto& change : changes) {
    Rule rule = example_rule();
    change(rule);
    const auto refused = refresh(http, rule, example_session(), kNow);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().error.kind, ErrorKind::locked);
    EXPECT_FALSE(refused.error().maybe_spent);
    EXPECT_TRUE(shows(refused.error().error, "docker-credential-oauth login registry.example"));
  }
  EXPECT_TRUE(http.seen.empty());

  http.answer = [](const HttpRequest&) -> tl::expected<HttpAnswer, HttpFailure> {
    return http_answer(200, R"({"access_token":"new","refresh_token":"newer"})");
  };
  Rule rule = example_rule();
  rule.resource = "https://registry.example";
  const auto tokens = refresh(http, rule, example_session(), kNow);
  ASSERT_TRUE(tokens);
  EXPECT_EQ(http.seen[0].url, "https://id.example/token");
  auto fields = fields_of(http.seen[0].body);
  EXPECT_EQ(fields["grant_type"], "refresh_token");
  EXPECT_EQ(fields["refresh_token"], "the refresh token");
  EXPECT_EQ(fields["resource"], "https://registry.example");
  EXPECT_EQ(tokens->refresh_token.view(), "newer");
}

TEST(Revoke, TellsTheProviderTheRefreshTokenFirst) {
  ScriptedHttp http;
  http.answer = [](const HttpRequest&) -> tl::expected<HttpAnswer, HttpFailure> { return http_answer(200, ""); };
  EXPECT_TRUE(revoke(http, example_rule(), example_session()).value_or(false));
  ASSERT_EQ(http.seen.size(), 2U);
  EXPECT_EQ(http.seen[0].url, "https://id.example/revoke");
  EXPECT_EQ(fields_of(http.seen[0].body)["token"], "the refresh token");
  EXPECT_EQ(fields_of(http.seen[0].body)["token_type_hint"], "refresh_token");
  EXPECT_EQ(fields_of(http.seen[1].body)["token"], "the access token");

  Session none = example_session();
  none.revocation_endpoint.clear();
  EXPECT_FALSE(revoke(http, example_rule(), none).value_or(true));
  EXPECT_EQ(http.seen.size(), 2U);
}

TEST(Revoke, R1GoesToTheProviderOfTheLoginAsItsClient) {
  ScriptedHttp http;
  http.answer = [](const HttpRequest&) -> tl::expected<HttpAnswer, HttpFailure> { return http_answer(200, ""); };
  Rule rule = example_rule();
  rule.issuer = "https://evil.example";
  rule.revocation_endpoint = "https://evil.example/revoke";
  rule.client_id = "evil";
  rule.client_secret = "of evil";
  ASSERT_TRUE(revoke(http, rule, example_session()));
  for (const auto& seen : http.seen) {
    EXPECT_EQ(seen.url, "https://id.example/revoke");
    EXPECT_EQ(fields_of(seen.body)["client_id"], "cli");
    EXPECT_EQ(fields_of(seen.body).count("client_secret"), 0U);
  }
}

TEST(Revoke, FailsOnlyWhenTheRefreshTokenLives) {
  ScriptedHttp http;
  http.answer = [](const HttpRequest& request) -> tl::expected<HttpAnswer, HttpFailure> {
    const bool access = fields_of(std::string(request.body.view()))["token_type_hint"] == "access_token";
    return access ? http_answer(400, R"({"error":"unsupported_token_type"})") : http_answer(200, "");
  };
  EXPECT_TRUE(revoke(http, example_rule(), example_session()));
  http.answer = [](const HttpRequest&) -> tl::expected<HttpAnswer, HttpFailure> { return http_answer(503, ""); };
  EXPECT_FALSE(revoke(http, example_rule(), example_session()));
  http.answer = [](const HttpRequest&) -> tl::expected<HttpAnswer, HttpFailure> { return http_failure(true); };
  EXPECT_FALSE(revoke(http, example_rule(), example_session()));
}

std::string id_token(const std::string& claims) {
  return "eyJhbGciOiJub25lIn0." + std::string(base64url(claims).view()) + ".c2ln";
}

TEST(IdToken, R9ClaimsOfAnotherLoginAreRefused) {
  const auto check = [](const std::string& claims, const std::string& nonce = "") {
    return id_token_claims(id_token(claims), example_metadata(), example_rule(), nonce, kNow).has_value();
  };
  const std::string good = R"("iss":"https://id.example","exp":1800000100)";
  EXPECT_TRUE(check("{" + good + R"(,"aud":"cli","sub":"me"})"));
  EXPECT_TRUE(check("{" + good + R"(,"aud":["cli"]})"));
  EXPECT_TRUE(check("{" + good + R"(,"aud":["cli","api"],"azp":"cli"})"));
  EXPECT_FALSE(check("{" + good + R"(,"aud":["cli","api"]})"));
  EXPECT_FALSE(check("{" + good + R"(,"aud":["cli","api"],"azp":"api"})"));
  EXPECT_FALSE(check("{" + good + R"(,"aud":"cli","azp":"other"})"));
  EXPECT_FALSE(check("{" + good + R"(,"aud":"other"})"));
  EXPECT_FALSE(check("{" + good + R"(,"aud":[]})"));
  EXPECT_FALSE(check("{" + good + "}"));
  EXPECT_FALSE(check(R"({"iss":"https://id.example/","exp":1800000100,"aud":"cli"})"));
  EXPECT_FALSE(check(R"({"exp":1800000100,"aud":"cli"})"));
  EXPECT_FALSE(check(R"({"iss":"https://id.example","aud":"cli"})"));
  EXPECT_FALSE(check(R"({"iss":"https://id.example","aud":"cli","exp":1799999939})"));
  EXPECT_TRUE(check(R"({"iss":"https://id.example","aud":"cli","exp":1799999950})"));
  EXPECT_TRUE(check("{" + good + R"(,"aud":"cli","nonce":"n1"})", "n1"));
  EXPECT_FALSE(check("{" + good + R"(,"aud":"cli","nonce":"n2"})", "n1"));
  EXPECT_FALSE(check("{" + good + R"(,"aud":"cli"})", "n1"));
}

TEST(IdToken, WithoutAnIssuerToCompareIsNoProof) {
  const auto claims = id_token_claims(id_token(R"({"aud":"cli","exp":1800000100})"), {}, example_rule(), "", kNow);
  ASSERT_FALSE(claims);
  EXPECT_TRUE(shows(claims.error(), "\"issuer\""));
}

TEST(Crypto, MatchesTheStandards) {
  // RFC 7636 appendix B.
  const auto digest = sha256("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
  ASSERT_TRUE(digest);
  EXPECT_EQ(base64url(digest->view()).view(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
  const auto one = random_bytes(32);
  const auto other = random_bytes(32);
  EXPECT_EQ(one->size(), 32U);
  EXPECT_FALSE(one->equals(*other));
  EXPECT_TRUE(equal_secrets("same", "same"));
  EXPECT_FALSE(equal_secrets("same", "sane"));
  EXPECT_FALSE(equal_secrets("same", "same "));
}

TEST(WipingMemory, KeepsTheBytesAcrossAMove) {
  auto* memory = static_cast<char*>(wiping_malloc(8));
  std::copy_n("1234567", 8, memory);
  memory = static_cast<char*>(wiping_realloc(memory, 100000));
  EXPECT_STREQ(memory, "1234567");
  memory = static_cast<char*>(wiping_realloc(memory, 4));
  EXPECT_EQ(std::string_view(memory, 4), "1234");
  wiping_free(memory);
  auto* zeros = static_cast<char*>(wiping_calloc(3, 5));
  EXPECT_EQ(std::string(zeros, 15), std::string(15, '\0'));
  wiping_free(zeros);
  char* copy = wiping_strdup("text");
  EXPECT_STREQ(copy, "text");
  wiping_free(copy);
  wiping_free(nullptr);
}

}  // namespace
}  // namespace keyberth::oauth
