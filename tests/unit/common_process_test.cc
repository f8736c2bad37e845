// SPDX-License-Identifier: Apache-2.0
#include "common/process.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>

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

/// A detached child that makes `file` after a while.
Result<ProcessResult> slow_detached(const std::string& file, std::chrono::milliseconds time_limit) {
  ProcessRequest request;
  request.detached = true;
  request.time_limit = time_limit;
  return shell(
      "trap 'exit 1' HUP INT TERM; echo started > " + file + ".started; sleep 0.5; echo done; echo x > " + file,
      std::move(request));
}

bool appears(const std::string& file) {
  for (int i = 0; i < 500 && !std::filesystem::exists(file); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return std::filesystem::exists(file);
}

std::string fresh_path(const std::string& name) {
  const std::string path = testing::TempDir() + "keyberth-" + name + "-" + std::to_string(getpid());
  std::filesystem::remove(path);
  std::filesystem::remove(path + ".started");
  return path;
}

TEST(RunProcess, DetachedIsCollectedLikeAnyOther) {
  ProcessRequest request;
  request.detached = true;
  const auto result = shell("read -r _ _ _ _ group session _ < /proc/$$/stat; echo $((session - $$)); exit 3", request);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output.view(), "0\n") << "it leads a session of its own";
  EXPECT_EQ(result->exit_code, 3);
}

TEST(RunProcess, DetachedGoesOnWhenTimeIsUp) {
  const std::string file = fresh_path("detached");
  const auto result = slow_detached(file, std::chrono::milliseconds(100));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::timed_out);
  EXPECT_FALSE(std::filesystem::exists(file));
  EXPECT_TRUE(appears(file));
}

TEST(RunProcess, DetachedGoesOnWhenTheCallerIsKilled) {
  const std::string file = fresh_path("orphan");
  const pid_t caller = fork();
  ASSERT_GE(caller, 0);
  if (caller == 0) {
    (void)setpgid(0, 0);
    (void)slow_detached(file, std::chrono::seconds(10));
    _exit(0);
  }
  (void)setpgid(caller, caller);
  ASSERT_TRUE(appears(file + ".started"));
  ASSERT_FALSE(std::filesystem::exists(file));
  EXPECT_EQ(kill(-caller, SIGKILL), 0);
  EXPECT_EQ(waitpid(caller, nullptr, 0), caller);
  EXPECT_TRUE(appears(file));
}

}  // namespace
}  // namespace keyberth
