// SPDX-License-Identifier: Apache-2.0
#include "helpers/pass/entry_path.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

namespace keyberth {
namespace {

TEST(Base64Url, EncodesAsOlderHelpersDo) {
  EXPECT_EQ(encode_base64url("https://index.docker.io/v1/"), "aHR0cHM6Ly9pbmRleC5kb2NrZXIuaW8vdjEv");
  EXPECT_EQ(encode_base64url("es.example"), "ZXMuZXhhbXBsZQ==");
  EXPECT_EQ(encode_base64url("localhost:15099"), "bG9jYWxob3N0OjE1MDk5");
  EXPECT_EQ(encode_base64url("\xfb\xff\xfe"), "-__-");
  EXPECT_EQ(encode_base64url(""), "");
}

TEST(Base64Url, DecodesWhatItEncodesAndNothingElse) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(decode_base64url(encode_base64url(bytes)), bytes);
    bytes += static_cast<char>(i);
  }
  for (const char* text :
       {"Q", "QQ", "QQ=", "QQ===", "QR==", "Q=Q=", "QQ==QQ==", "=", "====", "QUJD\n", "+/+/", " QUJD"}) {
    EXPECT_EQ(decode_base64url(text), std::nullopt) << text;
  }
}

TEST(Username, StaysAsItIsUnlessItIsAPath) {
  for (const char* name :
       {"alice", "-x", ".x", "..x", "...", "a b", "50%", "50%25", "%2E%", "a%2E", "%2f", "<token>"}) {
    EXPECT_EQ(encode_username(name), name);
    EXPECT_EQ(decode_username(name), name);
  }
  EXPECT_EQ(encode_username("us/er"), "us%2Fer");
  EXPECT_EQ(encode_username("."), "%2E");
  EXPECT_EQ(encode_username(".."), "%2E%2E");
  EXPECT_EQ(encode_username("../x"), "..%2Fx");
  EXPECT_EQ(encode_username("a%2Fb"), "a%252Fb");
  EXPECT_EQ(decode_username("a%2Fb"), "a/b");
}

TEST(Username, EveryNameOfNastyPartsComesBackAndIsNeverAPath) {
  const std::vector<std::string> parts{"%", "2", "5", "F", "E", "/", ".", "%2F", "%2E", "%25", "%252F", "a"};
  std::set<std::string> names;
  std::set<std::string> files;
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same names on every run
  for (int i = 0; i < 20'000; ++i) {
    std::string name;
    for (auto left = random() % 6 + 1; left > 0; --left) {
      name += parts[random() % parts.size()];
    }
    const std::string file = encode_username(name);
    ASSERT_EQ(decode_username(file), name);
    ASSERT_EQ(file.find('/'), std::string::npos);
    ASSERT_TRUE(file != "." && file != "..");
    names.insert(name);
    files.insert(file);
  }
  EXPECT_EQ(names.size(), files.size()) << "two names share a file";
}

TEST(Username, LongChainsOfEscapesAreCheap) {
  std::string name = "%2F";
  while (name.size() < 1'000'000) {
    name.insert(1, name.size() < 250 ? "25" : std::string(100'000, '2'));
    EXPECT_FALSE(entry_path("s", name).file.empty());
  }
}

void expect_short_names(const std::string& path) {
  std::size_t begin = 0;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    EXPECT_LE(end - begin, 255U) << path;
    EXPECT_GT(end, begin) << path;
    begin = end + 1;
  }
}

TEST(EntryPath, GoesWhereOlderHelpersLookAsLongAsTheNamesFit) {
  const EntryPath path = entry_path("es.example", "alice");
  EXPECT_EQ(path.folder, "docker-credential-helpers/ZXMuZXhhbXBsZQ==");
  EXPECT_EQ(path.file, "alice.gpg");
  EXPECT_EQ(entry_path(std::string(189, 's'), std::string(251, 'u')).file, std::string(251, 'u') + ".gpg");
  EXPECT_TRUE(entry_path(std::string(190, 's'), "u").folder.starts_with("docker-credential-helpers-long/"));
  EXPECT_TRUE(entry_path("s", std::string(252, 'u')).folder.starts_with("docker-credential-helpers-long/"));
  EXPECT_TRUE(entry_path("s", std::string(100, '/')).folder.starts_with("docker-credential-helpers-long/"));
}

TEST(EntryPath, LongNamesComeBack) {
  for (const std::size_t server : {1U, 149U, 150U, 151U, 189U, 190U, 300U, 301U, 2000U}) {
    for (const std::size_t user : {1U, 149U, 150U, 151U, 251U, 252U, 300U, 2000U}) {
      const EntryPath path = entry_path(std::string(server, 's'), std::string(user, 'u'));
      expect_short_names(path.folder + "/" + path.file);
      if (path.folder.starts_with(std::string(kLongFolder) + "/")) {
        EXPECT_EQ(path.folder, long_server_folder(std::string(server, 's')));
        const auto owner = long_owner(path.folder.substr(kLongFolder.size() + 1) + "/" + path.file);
        ASSERT_TRUE(owner.has_value()) << server << " " << user;
        EXPECT_EQ(owner->server, std::string(server, 's'));
        EXPECT_EQ(owner->username, std::string(user, 'u'));
      }
    }
  }
}

TEST(EntryPath, FilesThatAreNotOursHaveNoOwner) {
  for (const char* path : {"", ".gpg", "QQ==.gpg", "@QQ==.gpg", "QQ==/QQ==.gpg", "QQ==/@QQ==", "QQ==/@.gpg",
                           "QQ==/@Q/@Q==.gpg", "@QQ==/QQ==.gpg", "Q/Q==/@QQ==.gpg", "QQ==//@QQ==.gpg",
                           "/QQ==/@QQ==.gpg", "QQ==/@QR==.gpg", "../@QQ==.gpg", "QQ==/@QQ==.gpg.gpg"}) {
    EXPECT_FALSE(long_owner(path).has_value()) << path;
  }
  EXPECT_TRUE(long_owner("QQ==/@QQ==.gpg").has_value());
}

TEST(EntryPath, NestedFilesOfOlderHelpersMeanNamesWithSlashes) {
  EXPECT_EQ(plain_username("alice.gpg"), "alice");
  EXPECT_EQ(plain_username("us/er.gpg"), "us/er");
  EXPECT_EQ(plain_username("us%2Fer.gpg"), "us/er");
  EXPECT_EQ(plain_username("a%2Fb/c.gpg"), "a%2Fb/c");
  EXPECT_EQ(plain_username("x.gpg.gpg"), "x.gpg");
  for (const char* path : {".gpg", "a/.gpg", "alice", ".gpg-id", "alice.gpg~", ""}) {
    EXPECT_EQ(plain_username(path), std::nullopt) << path;
  }
}

}  // namespace
}  // namespace keyberth
