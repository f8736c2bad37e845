// SPDX-License-Identifier: Apache-2.0
#include "common/docker_config.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <ostream>
#include <sstream>

#include "common/json.h"
#include "tests/unit/fake_host.h"

namespace keyberth {
namespace {

namespace fs = std::filesystem;

const HelperSetting kHost{"registry.example.com", "oauth"};
const HelperSetting kEverywhere{"", "pass"};

HelperSetting taken_away(HelperSetting setting) {
  setting.remove = true;
  return setting;
}

struct Golden {
  const char* name;
  HelperSetting setting;
  std::string before;
  std::string after;
};

void PrintTo(const Golden& golden, std::ostream* out) { *out << golden.name; }

class DockerConfigText : public testing::TestWithParam<Golden> {};

TEST_P(DockerConfigText, IsChangedInOnePlaceOnly) {
  const auto& [name, setting, before, after] = GetParam();
  const auto done = edit_docker_config(before, setting);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(after, *done);
  EXPECT_TRUE(is_json(*done));
  EXPECT_EQ(setting.helper, configured_helper(*done, setting.registry).value());
  EXPECT_EQ(after, edit_docker_config(*done, setting).value()) << "a second time must change nothing";
}

INSTANTIATE_TEST_SUITE_P(
    All, DockerConfigText,
    testing::Values(
        Golden{"no file", kHost, "", "{\n\t\"credHelpers\": {\n\t\t\"registry.example.com\": \"oauth\"\n\t}\n}\n"},
        Golden{"no file, for all", kEverywhere, "", "{\n\t\"credsStore\": \"pass\"\n}\n"},
        Golden{"blank file", kEverywhere, " \n", "{\n\t\"credsStore\": \"pass\"\n}\n"},
        Golden{"empty object without line end", kEverywhere, "{}", "{\n\t\"credsStore\": \"pass\"\n}"},
        Golden{"tabs, as docker writes", kHost,
               "{\n\t\"auths\": {\n\t\t\"a\": {}\n\t},\n\t\"HttpHeaders\": {\"x\": \"1\"}\n}",
               "{\n\t\"auths\": {\n\t\t\"a\": {}\n\t},\n\t\"HttpHeaders\": {\"x\": \"1\"},\n\t\"credHelpers\": "
               "{\n\t\t\"registry.example.com\": \"oauth\"\n\t}\n}"},
        Golden{"two spaces", kHost, "{\n  \"b\": 1,\n  \"a\": [ 1,2 ]\n}\n",
               "{\n  \"b\": 1,\n  \"a\": [ 1,2 ],\n  \"credHelpers\": {\n    \"registry.example.com\": \"oauth\"\n  "
               "}\n}\n"},
        Golden{
            "four spaces, a second entry", kHost, "{\n    \"credHelpers\": {\n        \"gcr.io\": \"gcr\"\n    }\n}\n",
            "{\n    \"credHelpers\": {\n        \"gcr.io\": \"gcr\",\n        \"registry.example.com\": \"oauth\"\n    "
            "}\n}\n"},
        Golden{"one line", kHost, R"({"a":1,"b":{"c":"}"}})",
               R"({"a":1,"b":{"c":"}"},"credHelpers":{"registry.example.com":"oauth"}})"},
        Golden{"one line with spaces", kHost, R"({ "a": 1, "b": 2 })",
               R"({ "a": 1, "b": 2, "credHelpers": {"registry.example.com": "oauth"} })"},
        Golden{"Windows line ends", kHost, "{\r\n  \"a\": 1\r\n}\r\n",
               "{\r\n  \"a\": 1,\r\n  \"credHelpers\": {\r\n    \"registry.example.com\": \"oauth\"\r\n  }\r\n}\r\n"},
        Golden{"another helper is replaced", kHost, R"({"credHelpers": {"registry.example.com": "pass" , "b": "c"}})",
               R"({"credHelpers": {"registry.example.com": "oauth" , "b": "c"}})"},
        Golden{"an escaped key is the same key", kHost, R"({"cred\u0048elpers":{"registry.ex\u0061mple.com":"x"}})",
               R"({"cred\u0048elpers":{"registry.ex\u0061mple.com":"oauth"}})"},
        Golden{"docker's names in another case", kEverywhere, R"({"CREDSSTORE":"desktop"})",
               R"({"CREDSSTORE":"pass"})"},
        Golden{"credHelpers is null", kHost, "{\n  \"credHelpers\": null\n}",
               "{\n  \"credHelpers\": {\n    \"registry.example.com\": \"oauth\"\n  }\n}"},
        Golden{"credHelpers is empty", kHost, "{\n  \"credHelpers\": {}\n}",
               "{\n  \"credHelpers\": {\n    \"registry.example.com\": \"oauth\"\n  }\n}"},
        Golden{"numbers and escapes stay as written", kEverywhere, "{\"n\": 1.50E+02, \"s\": \"\\u00e9\\/\\\"{\"}",
               "{\"n\": 1.50E+02, \"s\": \"\\u00e9\\/\\\"{\", \"credsStore\": \"pass\"}"}),
    [](const auto& golden) {
      std::string name = golden.param.name;
      std::replace_if(
          name.begin(), name.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
      return name;
    });

TEST(IsJson, IsOneValueAndNothingElse) {
  EXPECT_TRUE(is_json(" {} \n"));
  for (const std::string_view text :
       {std::string_view("{}x"), std::string_view("{}\0x", 4), std::string_view("\xef\xbb\xbf{}")}) {
    EXPECT_FALSE(is_json(text));
  }
}

TEST(IsJson, TakesWhatGoTakes) {
  for (const std::string_view text :
       {"\"\xE9\"", R"("\ud83d\ude00")", R"("\\ud83d")", R"("\\\"\ud83d")", "[-0.05E+9999,0]"}) {
    EXPECT_TRUE(is_json(text)) << text;
  }
  for (const std::string_view text :
       {"00", "[010]", "1e", "1.", "-", "1 2", R"("\ud8")", R"("\")", "\"\xE9", "\xE9", "\\"}) {
    EXPECT_FALSE(is_json(text)) << text;
  }
}

TEST(ReadJsonString, ReadsAsGoDoes) {
  EXPECT_EQ(read_json_string("\"a\xE9\xC3\xA9\""), "a\uFFFD\u00E9");
  EXPECT_EQ(read_json_string(R"("\ud83d\ude00\ude00\ud83dx\ud83d\u0041\\ud83d")"),
            "\U0001F600\uFFFD\uFFFDx\uFFFDA\\ud83d");
  EXPECT_EQ(read_json_string(R"("007 1e400 12345")"), "007 1e400 12345");
  EXPECT_FALSE(read_json_string("12"));
}

TEST(DockerConfig, UndoGivesBackTheFormerText) {
  for (const std::string before : {"{\n\t\"auths\": {}\n}", "{\"a\":1}",
                                   "{\n  \"credHelpers\": {\n    \"x\": \"y\"\n  },\n  \"b\": 2\n}\n", "{}\n"}) {
    for (const HelperSetting& setting : {kHost, kEverywhere}) {
      const std::string during = edit_docker_config(before, setting).value();
      EXPECT_NE(before, during);
      EXPECT_EQ(before, edit_docker_config(during, taken_away(setting)).value());
    }
  }
}

TEST(DockerConfig, UndoFromTheMiddleAndTheStart) {
  EXPECT_EQ(
      R"({"credHelpers": {"b": "c"}, "z": 1})",
      edit_docker_config(R"({"credHelpers": {"registry.example.com": "oauth", "b": "c"}, "z": 1})", taken_away(kHost))
          .value());
  EXPECT_EQ(
      R"({ "z": 1})",
      edit_docker_config(R"({ "credHelpers": {"registry.example.com": "oauth"}, "z": 1})", taken_away(kHost)).value());
}

TEST(DockerConfig, UndoLeavesAnotherHelperAlone) {
  const std::string text = R"({"credsStore":"desktop","credHelpers":{"registry.example.com":"pass"}})";
  EXPECT_EQ(text, edit_docker_config(text, taken_away(kHost)).value());
  EXPECT_EQ(text, edit_docker_config(text, taken_away(kEverywhere)).value());
  EXPECT_EQ("", edit_docker_config("", taken_away(kHost)).value());
}

TEST(DockerConfig, BrokenFilesAreRefused) {
  for (const std::string text :
       {"{", "[]", "\"x\"", "{\"a\":1,}", "{\"a\":1} x", "\xEF\xBB\xBF{}", "{\"credHelpers\":[]}", "{\"credsStore\":1}",
        "{\"credHelpers\":{},\"credhelpers\":{}}",
        "{\"credHelpers\":{\"registry.example.com\":\"a\",\"registry.example.com\":\"b\"}}", "{\"a\":NaN}",
        "// no\n{}"}) {
    const auto done = edit_docker_config(text, kHost);
    ASSERT_FALSE(done) << text;
    EXPECT_EQ(ErrorKind::bad_input, done.error().kind) << text;
  }
}

/// Files, in a folder of their own.
class DockerConfigFile : public testing::Test {
 protected:
  DockerConfigFile() : folder_(fs::temp_directory_path() / ("kb-config-" + std::to_string(getpid()))) {
    fs::create_directories(folder_ / "run");
    fs::permissions(folder_ / "run", fs::perms::owner_all);
    host_.variables["XDG_RUNTIME_DIR"] = folder_ / "run";
    host_.variables["DOCKER_CONFIG"] = folder_ / "docker";
  }
  ~DockerConfigFile() override { fs::remove_all(folder_); }

  void write(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  std::string read(const fs::path& path) {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }

  fs::path folder_;
  FakeHost host_;
};

TEST_F(DockerConfigFile, IsMadeWhenMissing) {
  const auto change = change_docker_config(host_, kHost);
  ASSERT_TRUE(change) << change.error().message;
  EXPECT_TRUE(change->changed);
  EXPECT_EQ("", change->former);
  const fs::path file = folder_ / "docker/config.json";
  EXPECT_EQ(file, change->path);
  EXPECT_EQ("oauth", configured_helper(read(file), "registry.example.com").value());
  struct stat info {};
  ASSERT_EQ(0, stat(file.c_str(), &info));
  EXPECT_EQ(0600U, info.st_mode & 0777U);
  EXPECT_FALSE(change_docker_config(host_, kHost)->changed);
}

TEST_F(DockerConfigFile, IsFoundInHomeWithoutDockerConfig) {
  host_.variables.erase("DOCKER_CONFIG");
  host_.variables["HOME"] = folder_ / "home";
  ASSERT_TRUE(change_docker_config(host_, kHost));
  EXPECT_TRUE(fs::exists(folder_ / "home/.docker/config.json"));
  host_.variables.erase("HOME");
  EXPECT_FALSE(change_docker_config(host_, kHost));
}

TEST_F(DockerConfigFile, KeepsTheLinkTheModeAndTheOwner) {
  const fs::path real = folder_ / "dotfiles/docker.json";
  write(real, R"({"credHelpers":{"registry.example.com":"pass"}})");
  fs::permissions(real, fs::perms(0644));
  fs::create_directories(folder_ / "docker");
  fs::create_symlink("../dotfiles/docker.json", folder_ / "docker/config.json");
  const auto change = change_docker_config(host_, kHost);
  ASSERT_TRUE(change) << change.error().message;
  EXPECT_EQ("pass", change->former);
  EXPECT_TRUE(fs::is_symlink(folder_ / "docker/config.json"));
  EXPECT_EQ(R"({"credHelpers":{"registry.example.com":"oauth"}})", read(real));
  EXPECT_EQ(fs::perms(0644), fs::status(real).permissions());
}

TEST_F(DockerConfigFile, FollowsALinkToNothing) {
  fs::create_directories(folder_ / "docker");
  fs::create_directories(folder_ / "dotfiles");
  fs::create_symlink("../dotfiles/new.json", folder_ / "docker/config.json");
  ASSERT_TRUE(change_docker_config(host_, kHost));
  EXPECT_TRUE(fs::is_symlink(folder_ / "docker/config.json"));
  EXPECT_TRUE(fs::is_regular_file(folder_ / "dotfiles/new.json"));
}

TEST_F(DockerConfigFile, StaysAsItIsWhenBroken) {
  const fs::path file = folder_ / "docker/config.json";
  write(file, "{\"auths\": ");
  const auto change = change_docker_config(host_, kHost);
  ASSERT_FALSE(change);
  EXPECT_NE(std::string::npos, change.error().message.find(file.string()));
  EXPECT_EQ("{\"auths\": ", read(file));
}

}  // namespace
}  // namespace keyberth
