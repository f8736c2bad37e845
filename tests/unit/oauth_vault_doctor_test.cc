// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/vault_doctor.h"

#include <gtest/gtest.h>

#include "tests/unit/fake_host.h"

namespace keyberth::oauth {
namespace {

constexpr const char* kAnswer = R"({"ok":false,"helper":"docker-credential-x","version":"1","checks":[
  {"link":"store","state":"ok","finding":"it is there","remedy":[]},
  {"link":"key","state":"problem","finding":"no \u001b[31mkey","remedy":["make one:","  gpg --gen-key"]},
  {"link":"age","state":"note","finding":"old"}]})";

ProcessResult answer(int code, const std::string& output, const std::string& errors = "") {
  ProcessResult result;
  result.exit_code = code;
  result.output = Secret(output);
  result.errors = errors;
  return result;
}

TEST(OauthVaultDoctor, PassesOnNotesAndProblemsOnly) {
  FakeHost host;
  host.program = [](const ProcessRequest& request) -> Result<ProcessResult> {
    EXPECT_EQ(request.arguments, (std::vector<std::string>{"docker-credential-x", "doctor", "--store", "--json"}));
    return answer(1, kAnswer);
  };
  Vault vault(host, "x");
  const auto found = examine_vault(host, vault);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].link, "vault");
  EXPECT_EQ(found[0].finding, "docker-credential-x: no ?[31mkey");
  EXPECT_EQ(found[1].state, Check::State::note);
}

TEST(OauthVaultDoctor, OtherLoginsOfAVaultThatWorksAreWorthANote) {
  FakeHost host;
  host.program = [](const ProcessRequest&) {
    return answer(1, R"({"ok":false,"helper":"docker-credential-x","version":"1","checks":[
      {"link":"logins","state":"problem","finding":"one is damaged","remedy":["docker login r.example"]},
      {"link":"round trip","state":"ok","finding":"done","remedy":[]}]})");
  };
  Vault vault(host, "x");
  const auto found = examine_vault(host, vault);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].finding, "docker-credential-x: one is damaged");
  EXPECT_EQ(found[0].state, Check::State::note);
}

TEST(OauthVaultDoctor, AsksAStrangerForItsList) {
  FakeHost host;
  std::string list = "{}";
  host.program = [&](const ProcessRequest& request) -> Result<ProcessResult> {
    const bool knows = request.arguments[1] == "list";
    return answer(knows && list == "{}" ? 0 : 1, knows ? list : "Usage: docker-credential-x <store|get>");
  };
  Vault vault(host, "x");
  EXPECT_TRUE(examine_vault(host, vault).empty());
  list = "the disk is on fire";
  const auto found = examine_vault(host, vault);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].state, Check::State::problem);
  EXPECT_EQ(found[0].finding, "docker-credential-x: the disk is on fire");
}

}  // namespace
}  // namespace keyberth::oauth
