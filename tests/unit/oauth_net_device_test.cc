// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <random>

#include "helpers/oauth/net/answers.h"
#include "tests/unit/fake_host.h"
#include "tests/unit/scripted_http.h"

namespace keyberth::oauth {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;

const Asked kAsked = {"id.example", "cli", "registry.example"};
const std::string kDevice =
    R"({"device_code":"the device code","user_code":"ABCD-EFGH","verification_uri":"https://id.example/device",)"
    R"("expires_in":600)";

tl::expected<DeviceCode, TokenFailure> parse(const std::string& more, long status = 200) {
  return parse_device_answer(status, kDevice + more + "}", kAsked, false);
}

TEST(DeviceAnswer, GivesWhatThePersonNeeds) {
  const auto code =
      parse(R"(,"interval":7,"verification_uri_complete":"https://id.example/device?user_code=ABCD-EFGH")");
  ASSERT_TRUE(code);
  EXPECT_EQ(code->device_code.view(), "the device code");
  EXPECT_EQ(code->user_code, "ABCD-EFGH");
  EXPECT_EQ(code->verification_uri, "https://id.example/device");
  EXPECT_EQ(code->verification_uri_complete, "https://id.example/device?user_code=ABCD-EFGH");
  EXPECT_EQ(code->expires_in, 600);
  EXPECT_EQ(code->interval, 7);
}

TEST(DeviceAnswer, BearsWhatServersDo) {
  EXPECT_EQ(parse("")->interval, 5);
  EXPECT_EQ(parse(R"(,"interval":"9")")->interval, 9);
  EXPECT_EQ(parse(R"(,"interval":0)")->interval, 1);
  EXPECT_EQ(parse(R"(,"interval":-3)")->interval, 1);
  EXPECT_EQ(parse(R"(,"interval":1e12)")->interval, 60);
  EXPECT_EQ(parse(R"(,"interval":null)")->interval, 5);
  const auto google = parse_device_answer(
      200,
      R"({"device_code":"d","user_code":"u","verification_url":"https://www.google.com/device","expires_in":"1800"})",
      kAsked, false);
  ASSERT_TRUE(google);
  EXPECT_EQ(google->verification_uri, "https://www.google.com/device");
  EXPECT_EQ(google->expires_in, 1800);
}

TEST(DeviceAnswer, R5OnlyPlainHttpsAddressesAreShown) {
  for (const char* address :
       {"http://id.example/device", "javascript:alert(1)", "file:///etc/passwd", "https://id.example@evil.example/",
        "https://evil.example/\\u001b[2J", "https://id.ex\\u0430mple/", "", "https://", "id.example/device"}) {
    const std::string body =
        std::string(R"({"device_code":"d","user_code":"u","verification_uri":")") + address + "\"}";
    const auto code = parse_device_answer(200, body, kAsked, false);
    ASSERT_FALSE(code) << address;
    EXPECT_EQ(code.error().error.message.find('\x1b'), std::string::npos);
  }
  EXPECT_FALSE(parse_device_answer(
      200, R"({"device_code":"d","user_code":"u","verification_uri":"http://127.0.0.1:9/d"})", kAsked, false));
  EXPECT_TRUE(parse_device_answer(
      200, R"({"device_code":"d","user_code":"u","verification_uri":"http://127.0.0.1:9/d"})", kAsked, true));
  EXPECT_TRUE(parse_device_answer(
      200, R"({"device_code":"d","user_code":"u","verification_uri":"https://id.example/#/device"})", kAsked, false));
}

TEST(DeviceAnswer, R7TheAddressWithTheCodeLeadsNowhereElse) {
  EXPECT_EQ(parse(R"(,"verification_uri_complete":"https://evil.example/device?c=1")")->verification_uri_complete, "");
  EXPECT_EQ(parse(R"(,"verification_uri_complete":"http://id.example/device?c=1")")->verification_uri_complete, "");
  EXPECT_EQ(parse(R"(,"verification_uri_complete":"https://x@id.example/")")->verification_uri_complete, "");
}

TEST(DeviceAnswer, R5TheCodeIsMadePrintable) {
  const auto code = parse_device_answer(
      200, R"({"device_code":"d","user_code":"AB\u001b[8mCD\u202e","verification_uri":"https://id.example/"})", kAsked,
      false);
  ASSERT_TRUE(code);
  EXPECT_EQ(code->user_code, "AB?[8mCD?");
}

TEST(DeviceAnswer, WithoutACodeIsAnError) {
  EXPECT_FALSE(
      parse_device_answer(200, R"({"device_code":"","user_code":"u","verification_uri":"https://a/"})", kAsked, false));
  EXPECT_FALSE(
      parse_device_answer(200, R"({"device_code":7,"user_code":"u","verification_uri":"https://a/"})", kAsked, false));
  EXPECT_FALSE(
      parse_device_answer(200, R"({"device_code":"d","user_code":"","verification_uri":"https://a/"})", kAsked, false));
  EXPECT_FALSE(parse_device_answer(
      200, R"({"device_code":"d","verification_uri":"https://a/","user_code":")" + std::string(65, 'A') + "\"}", kAsked,
      false));
  EXPECT_FALSE(parse_device_answer(200, "<html>", kAsked, false));
  EXPECT_EQ(parse_device_answer(200, R"({"error":"device_flow_disabled"})", kAsked, false).error().code,
            "device_flow_disabled");
  EXPECT_FALSE(parse("", 403));
}

/// A provider that follows a script, and a clock.
class Dialogue {
 public:
  using Answer = tl::expected<HttpAnswer, HttpFailure>;

  Dialogue() {
    http.answer = [this](const HttpRequest& request) -> Answer {
      if (request.url.ends_with("/device")) {
        return http_answer(200, device);
      }
      polls.push_back(duration_cast<milliseconds>(host.now() - start));
      return poll(polls.size());
    };
  }

  Result<Tokens> run() {
    return device_flow(host, http, rule, example_metadata(), [this](const DeviceCode&) {
      ++shown;
      return Result<>();
    });
  }

  FakeHost host;
  ScriptedHttp http;
  Rule rule = example_rule();
  std::string device = kDevice + "}";
  std::function<Answer(std::size_t)> poll = [](std::size_t) -> Answer {
    return http_answer(400, R"({"error":"authorization_pending"})");
  };
  Host::Clock::time_point start = host.now();
  std::vector<milliseconds> polls;
  int shown = 0;
};

const char* const kGood = R"({"access_token":"a","token_type":"bearer","refresh_token":"r"})";

TEST(DeviceFlow, WaitsBeforeTheFirstPollAndFiveSecondsByDefault) {
  Dialogue dialogue;
  dialogue.poll = [](std::size_t count) -> Dialogue::Answer {
    return count < 4 ? http_answer(428, R"({"error":"authorization_pending"})") : http_answer(200, kGood);
  };
  const auto tokens = dialogue.run();
  ASSERT_TRUE(tokens) << tokens.error().message;
  EXPECT_EQ(tokens->refresh_token.view(), "r");
  EXPECT_EQ(dialogue.polls, (std::vector<milliseconds>{seconds(5), seconds(10), seconds(15), seconds(20)}));
  EXPECT_EQ(dialogue.shown, 1);
  auto asked_for = fields_of(dialogue.http.seen[0].body);
  EXPECT_EQ(asked_for["client_id"], "cli");
  EXPECT_EQ(asked_for["scope"], "openid offline_access");
  auto polled = fields_of(dialogue.http.seen[1].body);
  EXPECT_EQ(polled["grant_type"], "urn:ietf:params:oauth:grant-type:device_code");
  EXPECT_EQ(polled["device_code"], "the device code");
  EXPECT_EQ(polled["client_id"], "cli");
}

TEST(DeviceFlow, KeepsSlowingDown) {
  Dialogue dialogue;
  dialogue.poll = [](std::size_t count) -> Dialogue::Answer {
    return count == 1   ? http_answer(400, R"({"error":"slow_down"})")
           : count == 2 ? http_answer(200, R"({"error":"authorization_pending"})")
           : count == 3 ? http_answer(200, R"({"error":"slow_down","interval":30})")
           : count == 4 ? http_answer(200, R"({"error":"slow_down","interval":2})")
           : count < 7  ? http_answer(400, R"({"error":"authorization_pending"})")
                        : http_answer(200, kGood);
  };
  ASSERT_TRUE(dialogue.run());
  EXPECT_EQ(dialogue.polls, (std::vector<milliseconds>{seconds(5), seconds(15), seconds(25), seconds(55), seconds(90),
                                                       seconds(125), seconds(160)}));
}

TEST(DeviceFlow, BacksOffWhenTheProviderCannotBeReached) {
  Dialogue dialogue;
  dialogue.poll = [](std::size_t count) -> Dialogue::Answer {
    if (count <= 5) {
      return count % 2 == 1 ? Dialogue::Answer(http_failure(true)) : Dialogue::Answer(http_answer(502, "<html>"));
    }
    return count == 6 ? http_answer(400, R"({"error":"authorization_pending"})") : http_answer(200, kGood);
  };
  ASSERT_TRUE(dialogue.run());
  EXPECT_EQ(dialogue.polls, (std::vector<milliseconds>{seconds(5), seconds(15), seconds(35), seconds(75), seconds(135),
                                                       seconds(195), seconds(200)}));
}

TEST(DeviceFlow, HonoursRetryAfter) {
  Dialogue dialogue;
  dialogue.poll = [](std::size_t count) -> Dialogue::Answer {
    if (count == 1) {
      auto answer = http_answer(503, "");
      answer.headers["retry-after"] = {"100"};
      return answer;
    }
    return http_answer(200, kGood);
  };
  ASSERT_TRUE(dialogue.run());
  EXPECT_EQ(dialogue.polls, (std::vector<milliseconds>{seconds(5), seconds(105)}));
}

TEST(DeviceFlow, EndsWhenTheCodeDoes) {
  Dialogue dialogue;
  const auto tokens = dialogue.run();
  ASSERT_FALSE(tokens);
  EXPECT_EQ(tokens.error().kind, ErrorKind::timed_out);
  EXPECT_EQ(tokens.error().message, "the code was not confirmed in time at id.example");
  EXPECT_EQ(dialogue.polls.size(), 119U);
  EXPECT_LT(dialogue.polls.back(), seconds(600));
}

TEST(DeviceFlow, SaysThatTheProviderWasOutOfReachWhenThatWasTheReason) {
  Dialogue dialogue;
  dialogue.poll = [](std::size_t) -> Dialogue::Answer { return http_failure(false); };
  const auto tokens = dialogue.run();
  ASSERT_FALSE(tokens);
  EXPECT_EQ(tokens.error().message, "the network is gone");
}

TEST(DeviceFlow, StopsAtEveryOtherAnswer) {
  for (const char* body : {R"({"error":"access_denied"})", R"({"error":"expired_token"})",
                           R"({"error":"invalid_grant"})", R"({"error":"invalid_client"})", R"({"error":"unheard_of"})",
                           "", "<html>", "{}", R"({"access_token":"a","token_type":"mac"})"}) {
    Dialogue dialogue;
    dialogue.poll = [&](std::size_t) -> Dialogue::Answer { return http_answer(400, body); };
    EXPECT_FALSE(dialogue.run()) << body;
    EXPECT_EQ(dialogue.polls.size(), 1U) << body;
  }
  Dialogue redirected;
  redirected.poll = [](std::size_t) -> Dialogue::Answer { return http_failure(true, true); };
  EXPECT_FALSE(redirected.run());
  EXPECT_EQ(redirected.polls.size(), 1U);
}

TEST(DeviceFlow, EndsWhenTheCallerGivesUp) {
  Dialogue dialogue;
  const auto tokens = device_flow(dialogue.host, dialogue.http, dialogue.rule, example_metadata(),
                                  [](const DeviceCode&) -> Result<> { return fail(ErrorKind::usage, "never mind"); });
  EXPECT_EQ(tokens.error().message, "never mind");
  EXPECT_TRUE(dialogue.polls.empty());
}

TEST(DeviceFlow, NeedsAnEndpoint) {
  Dialogue dialogue;
  Metadata metadata = example_metadata();
  metadata.device_authorization_endpoint.clear();
  const auto tokens =
      device_flow(dialogue.host, dialogue.http, dialogue.rule, metadata, [](const DeviceCode&) { return Result<>(); });
  ASSERT_FALSE(tokens);
  EXPECT_EQ(tokens.error().hint,
            "log in with a browser on this machine: docker-credential-oauth login --web registry.example");
  EXPECT_TRUE(dialogue.http.seen.empty());
}

TEST(DeviceFlow, SendsResourceAndAudience) {
  Dialogue dialogue;
  dialogue.rule.resource = "https://registry.example";
  dialogue.rule.audience = "hub";
  dialogue.poll = [](std::size_t) -> Dialogue::Answer { return http_answer(200, kGood); };
  ASSERT_TRUE(dialogue.run());
  EXPECT_EQ(fields_of(dialogue.http.seen[0].body)["resource"], "https://registry.example");
  EXPECT_EQ(fields_of(dialogue.http.seen[0].body)["audience"], "hub");
  EXPECT_EQ(fields_of(dialogue.http.seen[1].body)["resource"], "https://registry.example");
}

/// One dialogue made of random answers, with a network that takes its time. The provider notes when it may be asked
/// next by what it said.
void random_dialogue(unsigned seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto pick = [&](int least, int most) { return std::uniform_int_distribution<int>(least, most)(random); };
  Dialogue dialogue;
  const bool named = pick(0, 3) > 0;
  int interval = named ? pick(0, 20) : 5;
  const int life = pick(1, 900);
  dialogue.device = R"({"device_code":"d","user_code":"u","verification_uri":"https://id.example/","expires_in":)" +
                    std::to_string(life) + (named ? ",\"interval\":" + std::to_string(interval) : "") + "}";
  interval = std::max(interval, 1);
  const int ends_at = pick(1, 60);
  const int weather = pick(0, 2);
  auto allowed = dialogue.host.now() + seconds(interval);
  int longest_pause = interval;
  dialogue.poll = [&](std::size_t count) -> Dialogue::Answer {
    EXPECT_GE(dialogue.host.now(), allowed);
    dialogue.host.time += milliseconds(pick(0, 3000));
    if (static_cast<int>(count) == ends_at) {
      return http_answer(200, kGood);
    }
    const int what = pick(0, 9);
    int pause = interval;
    auto answer = Dialogue::Answer(http_answer(pick(0, 1) == 0 ? 400 : 200, R"({"error":"authorization_pending"})"));
    if (what == 0) {
      const int wanted = pick(0, 1) == 0 ? 0 : pick(1, 59);
      interval = std::max(interval + 5, wanted);
      pause = interval;
      answer = http_answer(
          400, R"({"error":"slow_down")" + (wanted > 0 ? ",\"interval\":" + std::to_string(wanted) : "") + "}");
    } else if (what <= weather) {
      answer = pick(0, 1) == 0 ? Dialogue::Answer(http_failure(pick(0, 1) == 0)) : http_answer(504, "");
      pause = std::min(2 * interval, 60);
      longest_pause = std::max(longest_pause, 60);
    } else if (what == 9) {
      const int after = pick(0, 90);
      auto busy = http_answer(429, "");
      busy.headers["retry-after"] = {std::to_string(after)};
      answer = std::move(busy);
      pause = std::max(after, interval);
      longest_pause = std::max({longest_pause, after, 60});
    }
    longest_pause = std::max(longest_pause, interval);
    allowed = dialogue.host.now() + seconds(pause);
    return answer;
  };
  const auto tokens = dialogue.run();
  const auto end = dialogue.start + seconds(life);
  if (static_cast<int>(dialogue.polls.size()) == ends_at) {
    EXPECT_TRUE(tokens);
    return;
  }
  ASSERT_FALSE(tokens);
  EXPECT_TRUE(dialogue.polls.empty() || dialogue.start + dialogue.polls.back() < end);
  // No more than one turn was given away.
  EXPECT_GE(dialogue.host.now() + seconds(longest_pause), end);
}

TEST(DeviceFlow, NeverAsksTooEarlyNorTooLateInTwoHundredDialogues) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    random_dialogue(seed);
  }
}

}  // namespace
}  // namespace keyberth::oauth
