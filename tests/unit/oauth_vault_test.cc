// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/vault.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "helpers/oauth/vault_answer.h"
#include "tests/unit/oauth_store_case.h"

namespace keyberth::oauth {
namespace {

class OauthVaultTest : public OauthStoreCase {};

TEST_F(OauthVaultTest, SaysWhatTheVaultSays) {
  vault_error_ = "the keyring is locked\n";
  EXPECT_EQ(get("reg.example.com"), "docker-credential-map: the keyring is locked | unlock it");
  EXPECT_EQ(host_.log.back(), "why") << "the vault's debug lines are ours";
  EXPECT_FALSE(store_.list());
  EXPECT_FALSE(erase("reg.example.com"));
  EXPECT_FALSE(store_.store({"reg.example.com", "a", Secret("b")}));
  vault_error_ = "Error: credentials not found in native keychain";
  EXPECT_EQ(get("reg.example.com"), kNotFound) << "older helpers put words around it";
}

TEST_F(OauthVaultTest, RefusesAnAnswerThatIsNone) {
  host_.program = [](const ProcessRequest&) { return done(0, "hello\n"); };
  EXPECT_EQ(get("plain.example").find("docker-credential-map gave an answer that is none of the protocol"), 0U);
  host_.program = [](const ProcessRequest&) { return done(0, R"({"ServerURL":"a","Username":"","Secret":""})"); };
  EXPECT_EQ(get("plain.example"), kNotFound);
}

TEST_F(OauthVaultTest, TakesTheFirstVaultThatWorks) {
  std::ofstream(root_ + "/docker-credential-oauth/config.json") << "{}";
  host_.variables["HOME"] = root_ + "/home";
  host_.variables["PATH"] = root_;
  EXPECT_EQ(get("plain.example"),
            "there is no vault in which logins can be kept | secretservice: not installed\npass: not installed\n"
            "keyctl: not installed\ninstall one of them, such as:\n  sudo apt install ./docker-credential-pass_*.deb");
  std::vector<std::string> asked;
  host_.program = [&](const ProcessRequest& request) -> Result<ProcessResult> {
    asked.push_back(request.arguments[0].substr(18) + " " + request.arguments[1]);
    return request.arguments[0] == "docker-credential-secretservice" ? done(1, "no bus")
           : request.arguments[1] == "list"                          ? done(0, "{}")
                                                                     : done(1, std::string(kNotFound));
  };
  EXPECT_EQ(get("plain.example"), kNotFound);
  EXPECT_EQ(asked, (std::vector<std::string>{"secretservice list", "pass list", "keyctl list", "keyctl get"}))
      << "pass has no store here";
  std::filesystem::create_directories(root_ + "/home/.password-store");
  std::ofstream(root_ + "/home/.password-store/.gpg-id") << "key";
  asked.clear();
  EXPECT_EQ(get("plain.example"), kNotFound);
  EXPECT_EQ(asked, std::vector<std::string>{"keyctl get"}) << "the choice is made once";
  EXPECT_EQ(find_vault(host_, "").value().vault.name(), "pass");
}

TEST(OauthVaultAnswer, IsReadStrictly) {
  const auto credential = parse_vault_credential(R"({"ServerURL":"a","Username":"b","Secret":"c"})");
  ASSERT_TRUE(credential);
  EXPECT_EQ(credential->secret.view(), "c");
  for (const char* text :
       {"", "{}", "[]", R"({"ServerURL":"a","Username":"b"})", R"({"ServerURL":"a","Username":1,"Secret":"c"})",
        R"({"ServerURL":"a","Username":"b\n","Secret":"c"})", R"({"ServerURL":"a","Username":"b","Secret":"c"}{})",
        R"({"ServerURL":"a","Username":"b","Secret":"c","Secret":"d"})"}) {
    EXPECT_FALSE(parse_vault_credential(text)) << text;
  }
  EXPECT_EQ(parse_vault_list(R"({"a":"b","c":1})")->size(), 1);
  EXPECT_FALSE(parse_vault_list("[]"));
  EXPECT_FALSE(parse_vault_list("null"));
}

}  // namespace
}  // namespace keyberth::oauth
