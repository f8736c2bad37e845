// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/status.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/oauth_store_case.h"

namespace keyberth::oauth {
namespace {

class OauthStatusTest : public OauthStoreCase {};

TEST_F(OauthStatusTest, ShowsWhoAndHowLong) {
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

}  // namespace
}  // namespace keyberth::oauth
