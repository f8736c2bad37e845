// SPDX-License-Identifier: Apache-2.0
#include "helpers/pass/gpg.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "fake_host.h"
#include "helpers/pass/gpg_status.h"
#include "helpers/pass/recipients.h"

namespace keyberth {
namespace {

constexpr const char* kGood =
    "[GNUPG:] ENC_TO 0C06CDD94E25A7FF 18 0\n[GNUPG:] BEGIN_DECRYPTION\n[GNUPG:] DECRYPTION_INFO 2 9 0\n"
    "[GNUPG:] DECRYPTION_OKAY\n[GNUPG:] GOODMDC\n[GNUPG:] END_DECRYPTION\n";
constexpr const char* kLocked =
    "[GNUPG:] ENC_TO 0C06CDD94E25A7FF 18 0\n[GNUPG:] ERROR pkdecrypt_failed 67108949\n"
    "[GNUPG:] BEGIN_DECRYPTION\n[GNUPG:] DECRYPTION_FAILED\n[GNUPG:] END_DECRYPTION\n";

TEST(SplitWords, SplitsAtWhiteSpaceLikeAShell) {
  EXPECT_EQ(split_words(""), std::vector<std::string>{});
  EXPECT_EQ(split_words(" \t\n"), std::vector<std::string>{});
  EXPECT_EQ(split_words("  --a\t--b 'c d'\n"), (std::vector<std::string>{"--a", "--b", "'c", "d'"}));
}

TEST(GpgId, HasAKeyOnEveryLineAndComments) {
  EXPECT_EQ(parse_gpg_id("# x\n\n  A B <c@d> # y\r\nFPR"), (std::vector<std::string>{"A B <c@d>", "FPR"}));
  EXPECT_TRUE(parse_gpg_id("").empty());
}

TEST(GpgStatus, WantsBothOkayAndAWholeMessage) {
  EXPECT_TRUE(parse_gpg_status(kGood).decrypted);
  EXPECT_FALSE(parse_gpg_status("").decrypted);
  EXPECT_FALSE(parse_gpg_status("[GNUPG:] DECRYPTION_OKAY\n").decrypted);
  EXPECT_FALSE(parse_gpg_status("[GNUPG:] GOODMDC\n").decrypted);
  for (const char* line : {"NODATA 3", "BADMDC", "DECRYPTION_FAILED", "FAILURE decrypt 4294967295"}) {
    EXPECT_FALSE(parse_gpg_status(std::string(kGood) + "[GNUPG:] " + line + "\n").decrypted) << line;
  }
}

TEST(GpgStatus, TakesOnlyLinesOfGpg) {
  const GpgStatus status =
      parse_gpg_status("DECRYPTION_OKAY\nGOODMDC\n[GNUPG:]\n[GNUPG:] \n[GNUPG:] ERROR\nx [GNUPG:] BADMDC");
  EXPECT_FALSE(status.decrypted);
  EXPECT_FALSE(status.damaged);
}

TEST(GpgStatus, AnotherKeyMayHaveFailedBefore) {
  const GpgStatus status =
      parse_gpg_status(std::string("[GNUPG:] ERROR pkdecrypt_failed 67108976\n[GNUPG:] NO_SECKEY AB\n") + kGood);
  EXPECT_TRUE(status.decrypted);
  EXPECT_TRUE(status.has_key_error(112));
}

TEST(GpgStatus, ReadsWhatElseMatters) {
  const GpgStatus status = parse_gpg_status(
      "[GNUPG:] KEYEXPIRED 1795302346\n[GNUPG:] KEY_CONSIDERED ABCD 3\n[GNUPG:] INV_RECP 10 alice\n"
      "[GNUPG:] INV_RECP 0 bob\n[GNUPG:] END_ENCRYPTION\n[GNUPG:] KEY_CREATED P FPR\n"
      "[GNUPG:] VALIDSIG SUB 2026-01-01 1 0 4 0 22 8 00 PRIMARY\n");
  EXPECT_TRUE(status.key_expired);
  EXPECT_TRUE(status.encrypted);
  EXPECT_EQ(status.bad_recipient, "alice");
  EXPECT_EQ(status.bad_recipient_reason, 10U);
  EXPECT_EQ(status.created, "FPR");
  EXPECT_EQ(status.good_signers, (std::vector<std::string>{"SUB", "PRIMARY"}));
}

/// A gpg that answers from a list, the last answer for ever.
class GpgTest : public testing::Test {
 protected:
  GpgTest() {
    std::string folder = "/tmp/kb-unit-XXXXXX";
    if (mkdtemp(folder.data()) != nullptr) {
      folder_ = folder;
    }
    host_.variables = {{"XDG_RUNTIME_DIR", folder_}, {"PATH", "/nowhere"}};
    host_.program = [this](const ProcessRequest& request) -> Result<ProcessResult> {
      if (request.arguments.front() == "gpg-connect-agent") {
        return ProcessResult{0, Secret("D 1234\nOK\n"), "", ""};
      }
      requests_.push_back(request);
      ProcessResult result{2, Secret("plaintext"), "", statuses_[std::min(requests_.size(), statuses_.size()) - 1]};
      result.exit_code = result.status == kGood ? 0 : 2;
      return result;
    };
  }
  ~GpgTest() override { std::filesystem::remove_all(folder_); }

  static bool has(const ProcessRequest& request, const std::string& word) {
    return std::find(request.arguments.begin(), request.arguments.end(), word) != request.arguments.end();
  }

  std::string folder_;
  FakeHost host_;
  std::vector<std::string> statuses_;
  std::vector<ProcessRequest> requests_;
};

TEST_F(GpgTest, AnOpenKeyCostsOneCallAndNoQuestion) {
  statuses_ = {kGood};
  const Result<Secret> secret = Gpg(host_).decrypt("message", "/file", "it");
  ASSERT_TRUE(secret.has_value());
  EXPECT_EQ(secret->view(), "plaintext");
  ASSERT_EQ(requests_.size(), 1U);
  EXPECT_TRUE(has(requests_[0], "error")) << "pinentry mode";
  EXPECT_EQ(requests_[0].input, "message");
  EXPECT_TRUE(requests_[0].with_status);
}

TEST_F(GpgTest, ALockedKeyIsAskedForOnTheTerminalWithPatience) {
  statuses_ = {kLocked, kGood};
  host_.variables["DOCKER_CREDENTIAL_TIMEOUT"] = "123";
  host_.terminal_path = "/dev/pts/7";
  ASSERT_TRUE(Gpg(host_).decrypt("message", "/file", "it").has_value());
  ASSERT_EQ(requests_.size(), 2U);
  EXPECT_FALSE(has(requests_[1], "--pinentry-mode")) << "the user's own choice counts";
  EXPECT_EQ(requests_[1].time_limit, std::chrono::seconds(123));
  const std::vector<std::pair<std::string, std::string>> wanted{{"GPG_TTY", "/dev/pts/7"}};
  EXPECT_EQ(requests_[1].environment, wanted);
}

TEST_F(GpgTest, TheUsersTerminalStays) {
  statuses_ = {kLocked, kGood};
  host_.variables["GPG_TTY"] = "/dev/pts/1";
  host_.terminal_path = "/dev/pts/7";
  ASSERT_TRUE(Gpg(host_).decrypt("message", "/file", "it").has_value());
  EXPECT_TRUE(requests_[1].environment.empty());
}

TEST_F(GpgTest, TheUsersOptionsComeBehindOursAndBeforeTheCommand) {
  statuses_ = {kGood};
  host_.variables["PASSWORD_STORE_GPG_OPTS"] = "--pinentry-mode loopback";
  ASSERT_TRUE(Gpg(host_).decrypt("message", "/file", "it").has_value());
  const std::vector<std::string> wanted{"gpg",   "--batch",         "--yes",    "--status-fd", "3", "--pinentry-mode",
                                        "error", "--pinentry-mode", "loopback", "--decrypt"};
  EXPECT_EQ(requests_[0].arguments, wanted);
}

TEST_F(GpgTest, OutputWithoutGoodStatusIsNoSecret) {
  statuses_ = {"[GNUPG:] NODATA 3\n"};
  const Result<Secret> secret = Gpg(host_).decrypt("message", "/file", "it");
  ASSERT_FALSE(secret.has_value());
  EXPECT_EQ(secret.error().kind, ErrorKind::damaged);
}

TEST_F(GpgTest, GoodStatusWithABadExitCodeIsNoSecret) {
  host_.program = [](const ProcessRequest&) -> Result<ProcessResult> {
    return ProcessResult{2, Secret("plaintext"), "", kGood};
  };
  EXPECT_FALSE(Gpg(host_).decrypt("message", "/file", "it").has_value());
}

TEST_F(GpgTest, CausesAreToldApart) {
  const auto kind = [&](const std::string& line) {
    requests_.clear();
    statuses_ = {"[GNUPG:] ENC_TO AB 18 0\n[GNUPG:] " + line + "\n[GNUPG:] DECRYPTION_FAILED\n"};
    return Gpg(host_).decrypt("message", "/file", "it").error();
  };
  EXPECT_EQ(kind("ERROR pkdecrypt_failed 83886179").kind, ErrorKind::locked);
  EXPECT_NE(kind("ERROR pkdecrypt_failed 83886179").message.find("cancelled"), std::string::npos);
  EXPECT_NE(kind("ERROR pkdecrypt_failed 67108875").message.find("wrong"), std::string::npos);
  EXPECT_EQ(kind("ERROR pkdecrypt_failed 83918950").kind, ErrorKind::locked);
  EXPECT_EQ(kind("ERROR pkdecrypt_failed 16777226").kind, ErrorKind::damaged);
  EXPECT_EQ(kind("NO_SECKEY AB").kind, ErrorKind::unavailable);
  EXPECT_NE(kind("NO_SECKEY AB").message.find("AB"), std::string::npos);
  EXPECT_EQ(kind("BADMDC").kind, ErrorKind::damaged);
}

TEST_F(GpgTest, AnAgentThatHangsIsSaid) {
  host_.program = [](const ProcessRequest&) -> Result<ProcessResult> { return fail(ErrorKind::timed_out, "x"); };
  const Result<Secret> secret = Gpg(host_).decrypt("message", "/file", "it");
  EXPECT_EQ(secret.error().kind, ErrorKind::timed_out);
  EXPECT_NE(secret.error().hint.find("gpgconf --kill gpg-agent"), std::string::npos);
}

TEST_F(GpgTest, EncryptionNamesTheKeyThatFails) {
  statuses_ = {"[GNUPG:] INV_RECP 0 bob\n[GNUPG:] FAILURE encrypt 53\n"};
  const Result<Secret> message = Gpg(host_).encrypt("secret", {{"alice", "bob"}, "/store/.gpg-id"});
  ASSERT_FALSE(message.has_value());
  EXPECT_EQ(message.error().message, "the GPG key bob, named in /store/.gpg-id, is not in the key ring");
  EXPECT_EQ(requests_[0].input, "secret");
  for (const std::string& word : requests_[0].arguments) {
    EXPECT_EQ(word.find("secret"), std::string::npos);
  }
}

TEST_F(GpgTest, EncryptionMustHaveComeToItsEnd) {
  statuses_ = {kGood};  // exit code 0, but nothing about encryption
  EXPECT_FALSE(Gpg(host_).encrypt("secret", {{"alice"}, "x"}).has_value());
}

}  // namespace
}  // namespace keyberth
