// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "common/protocol.h"
#include "helpers/oauth/oauth_store.h"
#include "helpers/oauth/session.h"
#include "tests/unit/fake_host.h"

namespace keyberth::oauth {

inline constexpr UnixTime kNow = 1700000000;
inline const std::string kKey = "oauth+https://reg.example.com";

/// A vault in a map and a scripted network program behind a fake Host; configuration and state in a folder.
class OauthStoreCase : public testing::Test {
 protected:
  void SetUp() override {
    root_ = testing::TempDir() + "keyberth-store-" + std::to_string(getpid());
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_ + "/docker-credential-oauth");
    std::filesystem::create_directories(root_ + "/run");
    std::filesystem::permissions(root_ + "/run", std::filesystem::perms::owner_all);
    host_.variables = {{"XDG_CONFIG_HOME", root_},
                       {"XDG_STATE_HOME", root_ + "/state"},
                       {"XDG_CONFIG_DIRS", root_ + "/none"},
                       {"XDG_RUNTIME_DIR", root_ + "/run"}};
    configure("");
    host_.program = [this](const ProcessRequest& request) { return run(request); };
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void configure(const std::string& members, const std::string& top = "") {
    const std::string rule = R"({"issuer":"https://id.example.com","client_id":"c")" + members + "}";
    std::ofstream(root_ + "/docker-credential-oauth/config.json")
        << R"({"vault":"map")" << top << R"(,"registries":{"reg.example.com":)" << rule << R"(,"two.example.com":)"
        << rule << "}}";
  }

  Result<ProcessResult> run(const ProcessRequest& request) {
    const std::string& program = request.arguments[0];
    if (program == "/net") {
      ++net_calls_;
      EXPECT_TRUE(request.detached);
      EXPECT_EQ(request.arguments[1], "renew");
      return net_ ? net_(request) : fail(ErrorKind::unavailable, "no network in this test");
    }
    if (program != "docker-credential-map" || !vault_error_.empty()) {
      return program == "docker-credential-map" ? done(1, vault_error_, "debug: why\nunlock it\n")
                                                : fail(ErrorKind::unavailable, program + " is not installed");
    }
    const std::string input(request.input);
    if (request.arguments[1] == "store") {
      const auto credential = parse_credential(input);
      vault_[credential->server] = {credential->username, std::string(credential->secret.view())};
      return done(0, "");
    }
    if (request.arguments[1] == "erase") {
      vault_.erase(input);
      return done(0, "");
    }
    if (request.arguments[1] == "list") {
      return done(0, vault_.contains("plain.example") ? R"({"plain.example":"bob"})" : "{}");
    }
    const auto entry = vault_.find(input);
    if (entry == vault_.end()) {
      return done(1, std::string(kNotFound) + "\n");
    }
    return done(
        0, std::string(format_credential(input, {input, entry->second.first, Secret(entry->second.second)}).view()));
  }

  static Result<ProcessResult> done(int code, const std::string& output, const std::string& errors = "") {
    return ProcessResult{code, Secret(output), errors, ""};
  }

  /// A session for reg.example.com whose credential was made `age` seconds ago and lives an hour.
  static Session session(UnixTime age, const std::string& registry = "reg.example.com") {
    Session session;
    session.issuer = "https://id.example.com";
    session.client_id = "c";
    session.token_endpoint = "https://id.example.com/token";
    session.refresh_token = Secret("refresh");
    session.identity = "alice";
    session.put({registry, "alice", Secret("minted"), kNow - age, kNow - age + 3600});
    return session;
  }
  void put(const Session& session, const std::string& key = kKey) {
    vault_[key] = {"oauth-session", std::string(write_session(session).view())};
  }

  std::string get(const std::string& server) {
    const std::array<std::string, 2> keys{server, "https://never-asked.example"};
    const auto credential = store_.get(keys);
    return credential
               ? credential->username + ":" + std::string(credential->secret.view())
               : credential.error().message + (credential.error().hint.empty() ? "" : " | " + credential.error().hint);
  }
  Result<> erase(const std::string& server) {
    const std::array<std::string, 1> keys{server};
    return store_.erase(keys);
  }

  std::string root_;
  FakeHost host_;
  std::map<std::string, std::pair<std::string, std::string>> vault_;
  std::string vault_error_;
  std::function<Result<ProcessResult>(const ProcessRequest&)> net_;
  int net_calls_ = 0;
  OauthStore store_{host_, [] { return kNow; }, "/net"};
};

}  // namespace keyberth::oauth
