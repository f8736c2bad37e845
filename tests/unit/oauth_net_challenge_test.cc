// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/net/challenge.h"

#include <gtest/gtest.h>

namespace keyberth::oauth {
namespace {

std::string shown(std::string_view header) {
  std::string text;
  for (const Challenge& challenge : parse_challenges(header)) {
    text += challenge.scheme + "(";
    for (const auto& [name, value] : challenge.parameters) {
      text += name + "=" + value + ";";
    }
    text += ")";
  }
  return text;
}

TEST(Challenge, AsRegistriesWriteIt) {
  EXPECT_EQ("bearer(realm=https://a.example/token;scope=repository:x/y:pull,push;service=reg;)",
            shown(R"(Bearer realm="https://a.example/token",service="reg",scope="repository:x/y:pull,push")"));
  EXPECT_EQ("basic(realm=Registry Realm;)", shown(R"(Basic realm="Registry Realm")"));
}

TEST(Challenge, OddButAllowed) {
  EXPECT_EQ("bearer(realm=x;service=y;)", shown("  BEARER   Realm = \"x\" ,\t service = y  "));
  EXPECT_EQ("bearer(realm=a\"b\\c;)", shown(R"(Bearer realm="a\"b\\c")"));
  EXPECT_EQ("bearer(realm=a, Basic realm=b;)", shown(R"(Bearer realm="a, Basic realm=b")"));
  EXPECT_EQ("bearer(realm=;)", shown(R"(Bearer realm="")"));
  EXPECT_EQ("bearer(error=invalid_token;realm=x;)", shown(R"(Bearer realm="x",,,error="invalid_token",)"));
}

TEST(Challenge, SeveralInOneHeader) {
  EXPECT_EQ("basic(realm=a;)bearer(realm=b;service=c;)", shown(R"(Basic realm="a", Bearer realm="b", service=c)"));
  EXPECT_EQ("negotiate()bearer(realm=b;)", shown(R"(Negotiate, Bearer realm="b")"));
  EXPECT_EQ("negotiate()bearer(realm=b;)", shown(R"(Negotiate YWJj/+==, Bearer realm="b")"));
}

TEST(Challenge, BrokenOnes) {
  EXPECT_EQ("", shown(""));
  EXPECT_EQ("", shown(" , ,, "));
  EXPECT_EQ("", shown(R"("Bearer" realm="x")"));
  EXPECT_EQ("", shown(R"(Bearer realm="x",realm="y")")) << "nobody knows which realm counts";
  EXPECT_EQ("", shown(R"(Bearer realm="x",REALM="x")"));
  for (const std::string text : {"Bearer realm=\"never ends", "Bearer realm=\"ends with\\", "Bearer realm", "Bearer =x",
                                 "Bearer realm=\"x\"y=\"z\""}) {
    EXPECT_FALSE(bearer_challenge({text})) << text;
  }
}

TEST(Challenge, TheFirstBearerWithARealmCounts) {
  const auto found = bearer_challenge({R"(Basic realm="a")", R"(Bearer error="x")", R"(Bearer realm="b")"});
  ASSERT_TRUE(found);
  EXPECT_EQ("b", found->parameters.at("realm"));
  EXPECT_FALSE(bearer_challenge({}));
}

TEST(Challenge, HugeHeadersEnd) {
  EXPECT_LT(parse_challenges("Bearer realm=\"x\"" + std::string(1 << 20, ',')).size(), 2U);
  EXPECT_LT(parse_challenges(std::string(1 << 20, 'x')).size(), 2U);
}

TEST(Wanted, HostRepositoryAndActions) {
  const auto wanted = parse_wanted("Registry.Example.com:5000/team/app:pull,push");
  ASSERT_TRUE(wanted);
  EXPECT_EQ("registry.example.com:5000", wanted->registry);
  EXPECT_EQ("repository:team/app:pull,push", wanted->scope);
  EXPECT_EQ("repository:app:pull", parse_wanted("r.example/app")->scope);
  EXPECT_EQ("repository:a__b.c-d/e:*", parse_wanted("r.example/a__b.c-d/e:*")->scope);
  EXPECT_EQ("repository:a:push,delete", parse_wanted("r.example/a:push,delete")->scope);
  EXPECT_EQ("", parse_wanted("r.example")->scope);
  EXPECT_EQ("", parse_wanted("r.example/")->scope);
}

TEST(Wanted, WhatCannotBe) {
  for (const char* text : {"", "/app", "r.example/App", "r.example/app:", "r.example/app:pull,",
                           "r.example/app:pull push", "r.example/app:frob", "r.example/app:pull,Push", "r.example/../x",
                           "r.example/a//b", "r.example/-a", "r.example/a:p:q", "http://r.example/app", "r.example/a b",
                           "user@r.example/app", "r.example/a\nb", "r.example/a&scope=x"}) {
    const auto wanted = parse_wanted(text);
    ASSERT_FALSE(wanted) << text;
    EXPECT_EQ(ErrorKind::usage, wanted.error().kind);
  }
}

}  // namespace
}  // namespace keyberth::oauth
