// SPDX-License-Identifier: Apache-2.0
#include "common/protocol.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace keyberth {
namespace {

Credential credential(std::string username, std::string_view secret) {
  return {"stored.example", std::move(username), Secret(secret)};
}

std::string line(std::string_view server, std::string username, std::string_view secret) {
  return std::string(format_credential(server, credential(std::move(username), secret)).view());
}

std::string refusal(std::string_view input) {
  const Result<Credential> result = parse_credential(input);
  EXPECT_FALSE(result) << input;
  return result ? "" : result.error().message;
}

TEST(ParseServer, JoinsLinesAndTrims) {
  EXPECT_EQ(parse_server("https://index.docker.io/v1/").value(), "https://index.docker.io/v1/");
  EXPECT_EQ(parse_server("  ghcr.io \r\n").value(), "ghcr.io");
  EXPECT_EQ(parse_server("https://index.doc\nker.io/v1/\n").value(), "https://index.docker.io/v1/");
  EXPECT_EQ(parse_server("gh\r\ncr.io").value(), "ghcr.io");
  EXPECT_EQ(parse_server("\xC2\xA0ghcr.io\xE3\x80\x80").value(), "ghcr.io");
}

TEST(ParseServer, RefusesNothing) {
  for (const char* input : {"", "\n", " \t\r\n ", "\xC2\xA0"}) {
    EXPECT_EQ(parse_server(input).error().message, kNoServer);
  }
}

TEST(ParseServer, RefusesControlCharactersAndInvalidUtf8) {
  EXPECT_EQ(parse_server("gh\tcr.io").error().message, "the server URL contains a control character");
  EXPECT_EQ(parse_server("gh\rcr.io").error().message, "the server URL contains a control character");
  EXPECT_EQ(parse_server(std::string_view("gh\0cr.io", 8)).error().message,
            "the server URL contains a control character");
  EXPECT_EQ(parse_server("gh\xFF").error().message, "the server URL is not valid UTF-8");
}

TEST(ParseCredential, TakesTheThreeFields) {
  const auto result = parse_credential(R"({"ServerURL":"ghcr.io","Username":"me","Secret":"s3cr\u00e9t\n"})");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->server, "ghcr.io");
  EXPECT_EQ(result->username, "me");
  EXPECT_EQ(result->secret.view(), "s3cr\xC3\xA9t\n");
}

TEST(ParseCredential, IgnoresCaseOrderUnknownKeysAndWhatFollows) {
  const auto result = parse_credential(
      "\n {\"secret\":\"x\", \"extra\":[1,{\"Username\":\"inner\"},null,true,1.5], \"USERNAME\":\"me\","
      "\"serverurl\":\"ghcr.io\"} trailing {");
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->username, "me");
  EXPECT_EQ(result->secret.view(), "x");
}

TEST(ParseCredential, LetsTheLastDuplicateWin) {
  const auto result = parse_credential(
      R"({"ServerURL":"a.example","Username":"u","Secret":"old","secret":"new","ServerURL":"b.example"})");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->server, "b.example");
  EXPECT_EQ(result->secret.view(), "new");
}

TEST(ParseCredential, AcceptsAnEmptyOrMissingSecret) {
  EXPECT_TRUE(parse_credential(R"({"ServerURL":"a","Username":"u","Secret":""})")->secret.empty());
  EXPECT_TRUE(parse_credential(R"({"ServerURL":"a","Username":"u"})")->secret.empty());
  EXPECT_TRUE(parse_credential(R"({"ServerURL":"a","Username":"u","Secret":null})")->secret.empty());
}

TEST(ParseCredential, KeepsNulInsideASecret) {
  EXPECT_EQ(parse_credential(R"({"ServerURL":"a","Username":"u","Secret":"x\u0000y"})")->secret.view(),
            std::string_view("x\0y", 3));
}

TEST(ParseCredential, AsksForTheServerBeforeTheUser) {
  EXPECT_EQ(refusal("{}"), kNoServer);
  EXPECT_EQ(refusal(R"({"ServerURL":" ","Username":""})"), kNoServer);
  EXPECT_EQ(refusal(R"({"ServerURL":null,"Username":"u"})"), kNoServer);
  EXPECT_EQ(refusal(R"({"ServerURL":"a"})"), kNoUsername);
}

TEST(ParseCredential, HasASentenceForEachMistake) {
  EXPECT_EQ(refusal(""), "standard input is empty");
  EXPECT_EQ(refusal("[]"), "standard input must be a JSON object, not an array");
  EXPECT_EQ(refusal("\"x\""), "standard input must be a JSON object, not a string");
  EXPECT_EQ(refusal("7"), "standard input must be a JSON object, not a number");
  EXPECT_EQ(refusal("null"), "standard input must be a JSON object, not null");
  EXPECT_EQ(refusal("true"), "standard input must be a JSON object, not a boolean");
  EXPECT_EQ(refusal(R"({"ServerURL":1})"), "ServerURL must be a JSON string, not a number");
  EXPECT_EQ(refusal(R"({"Username":{}})"), "Username must be a JSON string, not an object");
  EXPECT_EQ(refusal(R"({"Secret":[]})"), "Secret must be a JSON string, not an array");
  EXPECT_EQ(refusal(R"({"secret":false})"), "Secret must be a JSON string, not a boolean");
  EXPECT_EQ(refusal(R"({"a":"b")"), "the JSON on standard input is cut short");
  EXPECT_EQ(refusal(R"({"a":"b)"), "the JSON on standard input is cut short");
  EXPECT_EQ(refusal("junk"), "standard input is not valid JSON (at byte 1)");
  EXPECT_EQ(refusal("{\"a\":\"\xFF\"}"), "the JSON on standard input is not valid UTF-8 (at byte 7)");
  EXPECT_EQ(refusal("{\"Secret\":\"a\nb\"}"),
            "the JSON on standard input has a raw control character inside a string (at byte 13)");
  EXPECT_EQ(refusal(R"({"ServerURL":"a\u0007","Username":"u"})"), "the server URL contains a control character");
  EXPECT_EQ(refusal(R"({"ServerURL":"a","Username":"u\u0000"})"), "the user name contains a control character");
}

TEST(ParseCredential, NeverRepeatsASecretInItsMessage) {
  for (const char* input : {"{\"Secret\":\"hunter2\nx\"}", "{\"Secret\":\"hunter2", "{\"Secret\":\"hunter2\xFF\"}",
                            "{\"Secret\":hunter2}", "{\"Secret\":\"hunter2\\q\"}", "hunter2"}) {
    const auto result = parse_credential(input);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().message.find("hunter2"), std::string::npos) << result.error().message;
    EXPECT_EQ(result.error().hint.find("hunter2"), std::string::npos);
  }
}

TEST(ParseCredential, RefusesEveryCutOfAGoodInput) {
  const std::string good = R"({"ServerURL":"ghcr.io","Username":"\u00e9","Secret":"pass"})";
  ASSERT_TRUE(parse_credential(good));
  for (std::size_t size = 1; size < good.size(); ++size) {
    EXPECT_EQ(refusal(good.substr(0, size)), "the JSON on standard input is cut short") << size;
  }
}

TEST(ParseCredential, LimitsNesting) {
  const auto nested = [](std::size_t depth) {
    return R"({"ServerURL":"a","Username":"u","x":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_TRUE(parse_credential(nested(63)));
  EXPECT_EQ(refusal(nested(64)), "the JSON on standard input is nested too deeply");
  EXPECT_EQ(refusal(nested(500000)), "the JSON on standard input is nested too deeply");
}

TEST(FormatCredential, IsOneLineInTheOrderOfTheOlderHelpers) {
  EXPECT_EQ(line("asked.example", "me", "pw"),
            "{\"ServerURL\":\"asked.example\",\"Username\":\"me\",\"Secret\":\"pw\"}\n");
}

TEST(FormatCredential, EscapesAsGoDoes) {
  EXPECT_EQ(line("a", "<token>", "&\"\\/\x7f"),
            "{\"ServerURL\":\"a\",\"Username\":\"\\u003ctoken\\u003e\",\"Secret\":\"\\u0026\\\"\\\\/\x7f\"}\n");
  EXPECT_EQ(line("a", "u", std::string_view("\n\r\t\0\x1f\b", 6)),
            "{\"ServerURL\":\"a\",\"Username\":\"u\",\"Secret\":\"\\n\\r\\t\\u0000\\u001f\\u0008\"}\n");
  EXPECT_EQ(line("a", "u", "\xE2\x80\xA8\xE2\x80\xA9\xC3\xA4\xFF"),
            "{\"ServerURL\":\"a\",\"Username\":\"u\",\"Secret\":\"\\u2028\\u2029\xC3\xA4\\ufffd\"}\n");
}

TEST(FormatCredential, IsReadBackAsItWas) {
  std::mt19937 random(20260101);  // NOLINT: the same every time
  for (int round = 0; round < 20000; ++round) {
    std::string username;
    std::string secret;
    const auto text = [&](std::string& out, char32_t lowest) {
      for (std::size_t i = random() % 20 + 1; i > 0; --i) {
        const auto code = static_cast<char32_t>(lowest + random() % (0x800 - lowest));
        if (code < 0x80) {
          out += static_cast<char>(code);
        } else if (lowest == 0 || code >= 0xA0) {
          out += static_cast<char>(0xC0U | code >> 6U);
          out += static_cast<char>(0x80U | (code & 0x3FU));
        }
      }
    };
    text(username, 0x20);
    text(secret, 0);
    username += "\xE2\x80\xA8";
    if (username.find('\x7f') != std::string::npos) {
      continue;
    }
    const auto back = parse_credential(line("host.example", username, secret));
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(back->username, username);
    EXPECT_EQ(back->secret.view(), secret);
  }
}

TEST(FormatList, SortsAndEscapes) {
  EXPECT_EQ(format_list({}), "{}\n");
  EXPECT_EQ(format_list({{"b.example", "<token>"}, {"a.example", "me"}}),
            "{\"a.example\":\"me\",\"b.example\":\"\\u003ctoken\\u003e\"}\n");
}

TEST(FormatList, LeavesOutWhatGetCannotBeAskedFor) {
  EXPECT_EQ(format_list({{"", "x"}, {"oauth+https://ghcr.io", "x"}, {"a\nb", "x"}, {"\xFF", "x"}, {"ok", ""}}),
            "{\"ok\":\"\"}\n");
}

TEST(Printable, DisarmsTextForATerminal) {
  EXPECT_EQ(printable("\x1b[31mred\x07\n"), "?[31mred??");
  EXPECT_EQ(printable("a\xE2\x80\xAE"
                      "b\xEF\xBB\xBF"),
            "a?b?");
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m \xFF"),
            "?31m ?");
  EXPECT_EQ(printable("caf\xC3\xA9"), "caf\xC3\xA9");
}

TEST(Printable, CutsAtACharacter) {
  EXPECT_EQ(printable("abcdef", 3), "abc...");
  EXPECT_EQ(printable("ab\xC3\xA9", 3), "ab...");
  EXPECT_EQ(printable("abc", 3), "abc");
}

TEST(ShellWord, IsOneWordWhateverIsInIt) {
  EXPECT_EQ(shell_word("/a b/c"), "'/a b/c'");
  EXPECT_EQ(shell_word("x'; rm y; '"), R"('x'\''; rm y; '\''')");
  EXPECT_EQ(shell_word("a\nb"), "'a?b'");
  EXPECT_EQ(shell_word(""), "''");
}

}  // namespace
}  // namespace keyberth
