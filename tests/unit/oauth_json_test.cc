// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/json.h"

#include <gtest/gtest.h>

#include <string>

namespace keyberth::oauth {
namespace {

std::string problem(std::string_view text, const JsonOptions& options = {}) {
  const auto value = parse_json(text, options);
  return value ? "none" : value.error().message;
}

std::string again(std::string_view text) {
  const auto value = parse_json(text);
  return value ? std::string(write_json(*value).view()) : value.error().message;
}

TEST(OauthJson, ComesBackAsItWas) {
  for (const char* text : {"null", "true", "false", "0", "-17", "1.5", "9007199254740991", R"("")", R"("a\"b\\c")",
                           "[]", "{}", R"({"b":1,"a":[true,null,{"c":"d"}]})", R"("\u0001ü\u001f")"}) {
    EXPECT_EQ(again(text), text);
  }
  EXPECT_EQ(again(" [ 1 , 2 ] "), "[1,2]");
  EXPECT_EQ(write_json(Json::of("a\xff")).view(), R"("a\ufffd")") << "what is written is always UTF-8";
}

TEST(OauthJson, NamesThePlaceOfAMistake) {
  EXPECT_EQ(problem(""), "1:1: the JSON text ends too early");
  EXPECT_EQ(problem("{\n  \"a\": 1,\n  \"b\"\n}"), "4:1: this is not valid JSON");
  EXPECT_EQ(problem("{\"a\":1,\"b\":{\"a\":2,\"a\":3}}"), "1:19: this name is there twice in one object");
  EXPECT_EQ(problem("{} x"), "1:4: this is not valid JSON");
  EXPECT_EQ(problem("\"\xff\""), "1:2: this is not valid UTF-8");
  EXPECT_EQ(problem("[1,]"), "1:4: this is not valid JSON");
  EXPECT_EQ(problem(std::string_view("{}\0x", 4)), "1:3: this is not valid JSON");
  EXPECT_EQ(problem(std::string_view("// a\0{}", 7), {.comments = true}), "1:5: this is not valid JSON");
}

TEST(OauthJson, NeverQuotesTheText) {
  const std::string secret = "hunter2hunter2";
  for (const std::string& text : {"{\"a\":\"" + secret, "[" + secret + "]", "\"" + secret + "\n\"", secret}) {
    EXPECT_EQ(problem(text).find("hunter"), std::string::npos) << text;
  }
}

TEST(OauthJson, HasLimits) {
  EXPECT_EQ(problem(std::string(10, ' '), {.limit = 9}), "1:1: the JSON text is longer than 9 bytes");
  EXPECT_EQ(problem("[[[1]]]", {.max_depth = 2}), "1:3: the JSON text is nested too deeply");
  EXPECT_EQ(problem("[[1]]", {.max_depth = 2}), "none");
  EXPECT_NE(problem(std::string(60000, '[')), "none");
}

TEST(OauthJson, TakesCommentsOnlyWhenAskedTo) {
  const char* text = "// first\n{ /* in \"between\" */ \"a\": 1 // last\n, \"b\":2}\n";
  EXPECT_NE(problem(text), "none");
  const auto value = parse_json(text, {.comments = true});
  ASSERT_TRUE(value);
  EXPECT_EQ(write_json(*value).view(), R"({"a":1,"b":2})");
  EXPECT_EQ(place(text, value->find("b")->name_begin), "3:3");
}

TEST(OauthJson, KnowsWhereEachValueIs) {
  const std::string text = "\xEF\xBB\xBF{ \"a\" : [ 1,\"x\\\"y\" , {} ],\n\"n\":-2.5e3,\"t\":true }";
  const auto value = parse_json(text);
  ASSERT_TRUE(value);
  const auto bytes = [&](const Json& part) { return text.substr(part.begin, part.end - part.begin); };
  EXPECT_EQ(bytes(*value), text.substr(3));
  EXPECT_EQ(bytes(*value->find("a")), "[ 1,\"x\\\"y\" , {} ]");
  EXPECT_EQ(bytes(value->find("a")->array[0]), "1");
  EXPECT_EQ(bytes(value->find("a")->array[1]), "\"x\\\"y\"");
  EXPECT_EQ(bytes(value->find("a")->array[2]), "{}");
  EXPECT_EQ(bytes(*value->find("n")), "-2.5e3");
  EXPECT_EQ(bytes(*value->find("t")), "true");
  EXPECT_EQ(text[value->find("n")->name_begin], '"');
  EXPECT_EQ(place(text, value->find("n")->name_begin), "2:1");
}

TEST(OauthJson, ReadsAmountsOfServersThatWriteThemAsText) {
  const auto value =
      parse_json(R"({"a":3600,"b":"3600","c":"36x","d":"","e":"-1","f":null,"g":"99999999999999999999"})");
  ASSERT_TRUE(value);
  EXPECT_EQ(value->amount("a"), 3600);
  EXPECT_EQ(value->amount("b"), 3600);
  for (const char* name : {"c", "d", "e", "f", "g", "missing"}) {
    EXPECT_FALSE(value->amount(name)) << name;
  }
  EXPECT_FALSE(value->text("a"));
  EXPECT_EQ(value->text("b"), "3600");
}

TEST(OauthJson, FollowsPointers) {  // RFC 6901 section 5
  const auto value = parse_json(R"({"foo":["bar","baz"],"":0,"a/b":1,"m~n":8,"x":{"y":"z"}})");
  ASSERT_TRUE(value);
  EXPECT_EQ(value->at_pointer(""), &*value);
  EXPECT_EQ(value->at_pointer("/foo/1")->string, "baz");
  EXPECT_EQ(value->at_pointer("/")->number, 0);
  EXPECT_EQ(value->at_pointer("/a~1b")->number, 1);
  EXPECT_EQ(value->at_pointer("/m~0n")->number, 8);
  EXPECT_EQ(value->at_pointer("/x/y")->string, "z");
  for (const char* pointer :
       {"foo", "/foo/2", "/foo/01", "/foo/-", "/foo/x", "/nothing", "/x/y/z", "/foo/99999999999"}) {
    EXPECT_EQ(value->at_pointer(pointer), nullptr) << pointer;
  }
}

TEST(OauthJson, SetsAndReplacesMembers) {
  Json object = Json::make_object();
  object.set("a", Json::of("1"));
  object.set("b", Json::of(true));
  object.set("a", Json::of(2.0));
  EXPECT_EQ(write_json(object).view(), R"({"a":2,"b":true})");
}

TEST(OauthJson, MakesArrays) {
  EXPECT_EQ(write_json(Json::make_array()).view(), "[]");
  EXPECT_EQ(write_json(Json::of(std::vector<std::string>{"a", "\"", "a"})).view(), R"(["a","\"","a"])");
  EXPECT_EQ(write_json(Json::array_of(std::vector{1.0, 2.0}, [](double n) { return Json::of(n + 1); })).view(),
            "[2,3]");
}

}  // namespace
}  // namespace keyberth::oauth
