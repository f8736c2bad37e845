// SPDX-License-Identifier: Apache-2.0
#include "common/process.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>

namespace keyberth {
namespace {

Result<ProcessResult> shell(const std::string& script, ProcessRequest request = {}) {
  request.arguments = {"sh", "-c", script};
  return run_process(request, "/usr/bin:/bin");
}

TEST(RunProcess, CollectsOutputErrorsAndExitCode) {
  const auto result = shell("echo out; echo err >&2; exit 7");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->exit_code, 7);
  EXPECT_EQ(result->output.view(), "out\n");
  EXPECT_EQ(result->errors, "err\n");
  EXPECT_EQ(result->status, "");
}

TEST(RunProcess, GivesTheWholeInput) {
  const std::string input(300000, 'x');
  ProcessRequest request;
  request.input = input;
  const auto result = shell("cat", std::move(request));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output.view(), input);
}

TEST(RunProcess, CollectsTheStatusDescriptor) {
  ProcessRequest request;
  request.with_status = true;
  const auto result = shell("echo [GNUPG:] OK >&3", std::move(request));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, "[GNUPG:] OK\n");
  EXPECT_NE(shell("echo x >&3")->exit_code, 0) << "descriptor 3 must not exist unless asked for";
}

TEST(RunProcess, PutsVariablesOnTopOfOurs) {
  ASSERT_EQ(setenv("KB_OLD", "ours", 1), 0);
  ProcessRequest request;
  request.environment = {{"KB_OLD", "theirs"}, {"KB_NEW", "2"}};
  request.directory = "/";
  EXPECT_EQ(shell("echo $KB_OLD $KB_NEW $PWD", std::move(request))->output.view(), "theirs 2 /\n");
  EXPECT_EQ(shell("echo $KB_OLD")->output.view(), "ours\n");
}

TEST(RunProcess, SaysWhichProgramIsMissing) {
  ProcessRequest request;
  request.arguments = {"keyberth-no-such-program"};
  const auto result = run_process(request, "/usr/bin:/bin");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::unavailable);
  EXPECT_EQ(result.error().message, "the program keyberth-no-such-program is not installed");
}

TEST(RunProcess, NeverLooksInTheCurrentFolder) {
  ProcessRequest request;
  request.arguments = {"sh"};
  EXPECT_FALSE(run_process(request, ""));
  EXPECT_FALSE(run_process(request, ":"));
}

TEST(RunProcess, EndsTheWholeGroupWhenTimeIsUp) {
  ProcessRequest request;
  request.time_limit = std::chrono::milliseconds(300);
  const auto started = std::chrono::steady_clock::now();
  const auto result = shell("sleep 60 & echo $!; wait", std::move(request));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::timed_out);
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(10));
}

TEST(RunProcess, DoesNotWaitForADaemonThatKeepsThePipes) {
  const auto started = std::chrono::steady_clock::now();
  const auto result = shell("setsid sleep 30 & echo $!");
  ASSERT_TRUE(result);
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(10));
  const pid_t daemon = std::stoi(std::string(result->output.view()));
  EXPECT_EQ(kill(daemon, SIGKILL), 0) << "a daemon must survive the program that started it";
}

TEST(RunProcess, LimitsOutputOnEveryDescriptor) {
  for (const char* script : {"yes", "yes >&2", "yes >&3"}) {
    ProcessRequest request;
    request.with_status = true;
    request.output_limit = 100000;
    const auto result = shell(script, std::move(request));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, ErrorKind::limit) << script;
  }
}

TEST(RunProcess, TellsASignalFromAnExit) { EXPECT_EQ(shell("kill -9 $$")->exit_code, -1); }

TEST(RunProcess, GivesTheChildOrdinarySignalsAndNoOtherDescriptors) {
  EXPECT_EQ(shell("ls /proc/self/fd | tr '\\n' ' '")->output.view(), "0 1 2 3 ");  // 3 is ls reading the folder
}

}  // namespace
}  // namespace keyberth
