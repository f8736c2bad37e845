// SPDX-License-Identifier: Apache-2.0
#include "common/family.h"

#include <gtest/gtest.h>

#include <string>

#include "common/json.h"
#include "tests/unit/fake_host.h"

namespace keyberth {
namespace {

constexpr const char* kAnswer = R"({"ok":false,"helper":"docker-credential-x","version":"1","checks":[
  {"link":"store","state":"ok","finding":"it is there","remedy":[]},
  {"link":"key","state":"problem","finding":"no \u001b[31mkey","remedy":["make one:","  gpg --gen-key\u0007"]},
  {"link":"age","state":"note","finding":"old"}]})";

std::string with_checks(const std::string& checks) {
  return R"({"helper":"docker-credential-x","version":"1","checks":)" + checks + "}";
}

TEST(Family, ReadsWhatAMemberSays) {
  const auto report = parse_report(kAnswer);
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->helper, "docker-credential-x");
  const std::vector<Check>& checks = report->checks;
  ASSERT_EQ(checks.size(), 3U);
  EXPECT_EQ(checks[0].state, Check::State::ok);
  EXPECT_EQ(checks[1].state, Check::State::problem);
  EXPECT_EQ(checks[1].finding, "no ?[31mkey");
  EXPECT_EQ(checks[1].remedy, "make one:\n  gpg --gen-key?");
  EXPECT_EQ(checks[2].state, Check::State::note);
  EXPECT_EQ(checks[2].remedy, "");
}

TEST(Family, TakesNothingElseForAReport) {
  EXPECT_TRUE(parse_report(with_checks(R"([{"link":"a","state":"ok","finding":"b"}])")).has_value());
  for (const std::string& text :
       {std::string(), std::string("Usage: x <store|get|erase|list|version>"), std::string("{}"),
        std::string(R"({"checks":[]})"), with_checks("{}"), with_checks("[1]"),
        with_checks(R"([{"link":"a","state":"fine","finding":"b"}])"), with_checks(R"([{"link":"a","state":"ok"}])"),
        with_checks(R"([{"link":"a","state":"ok","finding":"b","remedy":"c"}])"),
        with_checks(R"([{"link":"a","state":"ok","finding":"b","remedy":[1]}])")}) {
    EXPECT_FALSE(parse_report(text).has_value()) << text;
  }
}

TEST(Family, AsksAMemberWithinLimits) {
  FakeHost host;
  std::string output = kAnswer;
  host.program = [&](const ProcessRequest& request) -> Result<ProcessResult> {
    EXPECT_EQ(request.arguments, (std::vector<std::string>{"/bin/it's", "doctor", "--store", "--json"}));
    EXPECT_EQ(request.output_limit, 256U * 1024);
    EXPECT_EQ(request.time_limit, std::chrono::seconds(7));
    ProcessResult result;
    result.exit_code = 1;
    result.output = Secret(output);
    return result;
  };
  const auto checks = ask_doctor(host, "/bin/it's", std::chrono::seconds(7));
  ASSERT_TRUE(checks.has_value());
  EXPECT_EQ(checks->size(), 3U);
  output = "nonsense";
  const auto none = ask_doctor(host, "/bin/it's", std::chrono::seconds(7));
  ASSERT_FALSE(none.has_value());
  EXPECT_EQ(none.error().message, "/bin/it's is another program of that name, or an older version");
  EXPECT_EQ(none.error().hint, "'/bin/it'\\''s' --version");
  host.program = [](const ProcessRequest& request) -> Result<ProcessResult> {
    ProcessResult result;
    result.exit_code = 127;
    result.errors = request.arguments[0] + ": error while loading shared libraries: libx.so.1\nmore";
    return result;
  };
  const auto lame = ask_doctor(host, "/bin/docker-credential-keyctl", std::chrono::seconds(7));
  ASSERT_FALSE(lame.has_value());
  EXPECT_EQ(lame.error().message,
            "/bin/docker-credential-keyctl does not start: error while loading shared libraries: libx.so.1");
  EXPECT_EQ(lame.error().hint, "sudo apt install --reinstall ./docker-credential-keyctl_*.deb");
  EXPECT_EQ(ask_doctor(host, "docker-credential-secretservice", std::chrono::seconds(7)).error().hint,
            "sudo apt install libsecret-1-0");
  host.program = [](const ProcessRequest&) { return fail(ErrorKind::timed_out, "too slow"); };
  EXPECT_EQ(ask_doctor(host, "x", std::chrono::seconds(7)).error().kind, ErrorKind::timed_out);
}

}  // namespace
}  // namespace keyberth
