// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "common/base64.h"
#include "helpers/oauth/net/browser.h"
#include "helpers/oauth/net/login_options.h"
#include "helpers/oauth/net/login_text.h"
#include "helpers/oauth/net/qr.h"
#include "helpers/oauth/net/token_text.h"
#include "tests/unit/fake_host.h"
#include "tests/unit/scripted_http.h"

namespace keyberth::oauth {
namespace {

TEST(LoginOptions, AsPeopleWriteThem) {
  const auto options =
      parse_login({"--web", "r.example", "--issuer=https://id.example/?a=b", "--client-id", "cli", "--scope", "a",
                   "--scope=b", "--no-qr", "--no-browser", "--json", "--force", "--vault", "pass", "--preset", "oidc"});
  ASSERT_TRUE(options);
  EXPECT_EQ("r.example", options->host);
  EXPECT_EQ("https://id.example/?a=b", options->issuer);
  EXPECT_EQ("cli", options->client_id);
  EXPECT_EQ((std::vector<std::string>{"a", "b"}), options->scopes);
  EXPECT_EQ("pass", options->vault);
  EXPECT_EQ("oidc", options->preset);
  EXPECT_TRUE(options->web && options->json && options->force && !options->qr && !options->browser);
}

TEST(LoginOptions, WrongOnesSayWhich) {
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{},
                                                {"a", "b"},
                                                {"a", "--nope"},
                                                {"a", "--issuer"},
                                                {"a", "--issuer="},
                                                {""},
                                                {"a", "--web=1"},
                                                {"--json"},
                                                {"a", "--client-id", ""}}) {
    const auto options = parse_login(wrong);
    ASSERT_FALSE(options);
    EXPECT_EQ(ErrorKind::usage, options.error().kind);
    EXPECT_FALSE(options.error().hint.empty());
  }
}

TEST(LoginText, ShowsTheCodeAsItIsToBeTyped) {
  DeviceCode code;
  code.verification_uri = "https://id.example/device";
  code.expires_in = 900;
  const Request request = request_of(example_rule(), example_metadata(), "registry.example");
  for (const auto& [given, shown] : {std::pair{"WDJB-MJHT", "    WDJB-MJHT\n"},
                                     {"ABCDEFGHJ", "    ABCD EFGH J\n"},
                                     {"123456", "    123456\n"},
                                     {"a\x1b[2Jb", "    a?[2Jb\n"}}) {
    code.user_code = given;
    const std::string text = device_text(code, request, "", /*colour=*/false);
    EXPECT_NE(std::string::npos, text.find(shown)) << text;
    EXPECT_EQ(std::string::npos, text.find('\x1b'));
  }
  const std::string text = device_text(code, request, "PICTURE", false);
  for (const char* part : {"registry.example", "id.example", "cli", "openid offline_access", "15 minutes", "PICTURE"}) {
    EXPECT_NE(std::string::npos, text.find(part)) << part;
  }
}

TEST(LoginText, MissingScopes) {
  EXPECT_EQ("", missing_scopes("a b", ""));
  EXPECT_EQ("", missing_scopes("a b", "b c a"));
  EXPECT_EQ("a c", missing_scopes("a b c", "b"));
}

TEST(LoginText, Durations) {
  EXPECT_EQ("1 second", duration_text(1));
  EXPECT_EQ("119 seconds", duration_text(119));
  EXPECT_EQ("2 minutes", duration_text(120));
}

TEST(Browser, WhereOneCanOpen) {
  FakeHost host;
  EXPECT_TRUE(browser_commands(host, "u").empty());
  host.variables["DISPLAY"] = ":0";
  EXPECT_EQ((std::vector<std::vector<std::string>>{{"xdg-open", "u"}}), browser_commands(host, "u"));
  for (const char* name : {"SSH_CONNECTION", "SSH_TTY", "CI", "GITHUB_ACTIONS"}) {
    FakeHost there;
    there.variables = {{"DISPLAY", ":0"}, {name, "x"}};
    EXPECT_TRUE(browser_commands(there, "u").empty()) << name;
    there.variables["BROWSER"] = "w3m";
    EXPECT_EQ(1U, browser_commands(there, "u").size());
  }
}

TEST(Browser, VariableIsNoShell) {
  FakeHost host;
  host.variables["BROWSER"] = "a --x=%s -n::b 'q;r'  $(t):";
  EXPECT_EQ((std::vector<std::vector<std::string>>{{"a", "--x=https://u/?a=1&b", "-n"},
                                                   {"b", "'q;r'", "$(t)", "https://u/?a=1&b"}}),
            browser_commands(host, "https://u/?a=1&b"));
}

TEST(Qr, GrowsWithTheTextAndEnds) {
  EXPECT_EQ(21U, qr_code("https://x.example").size());
  EXPECT_EQ(25, qr_width(qr_code("https://x.example")));
  EXPECT_TRUE(qr_code(std::string(5000, 'x')).empty());
}

std::string jwt(const std::string& claims) { return "e30." + std::string(base64url(claims).view()) + ".x"; }

TEST(TokenText, Grants) {
  const std::string token = jwt(
      R"({"access":[{"type":"repository","name":"a/b","actions":["pull"]},{"type":"repository","name":"c","actions":["*"]}]})");
  EXPECT_TRUE(grants(token, "repository:a/b:pull").value());
  EXPECT_FALSE(grants(token, "repository:a/b:pull,push").value());
  EXPECT_FALSE(grants(token, "repository:a:pull").value());
  EXPECT_TRUE(grants(token, "repository:c:pull,push").value());
  EXPECT_TRUE(grants(token, "").value());
  EXPECT_FALSE(grants("opaque", "repository:a:pull"));
  EXPECT_FALSE(grants(jwt("{}"), "repository:a:pull"));
}

TEST(TokenText, Explains) {
  const RegistryToken token{
      Secret(jwt(R"({"iss":"auth\u001b[m","aud":["r1","r2"],"sub":"alice","iat":1800000000,"exp":1800000300,
                     "access":[{"type":"repository","name":"a","actions":["pull","push"]}]})")),
      60, true};
  const std::string text = explain_token(token, 1'800'000'100);
  for (const char* part : {"auth?[m", "r1, r2", "alice", "repository a: pull, push",
                           "2027-01-15 08:00:00 UTC, 100 s ago", "in 200 s", "without a check", "refresh token"}) {
    EXPECT_NE(std::string::npos, text.find(part)) << part << "\n" << text;
  }
  EXPECT_NE(std::string::npos, explain_token({Secret("opaque"), 300, false}, 0).find("opaque"));
  EXPECT_NE(std::string::npos, explain_token({Secret("opaque"), 300, false}, 0).find("300 s"));
}

}  // namespace
}  // namespace keyberth::oauth
