// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/registry.h"

#include <gtest/gtest.h>

#include <string>

#include "helpers/oauth/url.h"

namespace keyberth::oauth {
namespace {

std::string host(std::string_view server) { return registry_host(server).value_or("none"); }

TEST(OauthRegistryHost, ReadsEveryFormOfAKey) {
  EXPECT_EQ(host("ghcr.io"), "ghcr.io");
  EXPECT_EQ(host("GHCR.io."), "ghcr.io");
  EXPECT_EQ(host("https://ghcr.io"), "ghcr.io");
  EXPECT_EQ(host("HTTPS://ghcr.io/v2/"), "ghcr.io");
  EXPECT_EQ(host("ghcr.io:443"), "ghcr.io");
  EXPECT_EQ(host("ghcr.io:5000/team/app"), "ghcr.io:5000");
  EXPECT_EQ(host("registry:05000"), "registry:5000");
  EXPECT_EQ(host("127.0.0.1:5000"), "127.0.0.1:5000");
  EXPECT_EQ(host("[::1]:5000"), "[::1]:5000");
  EXPECT_EQ(host("[0:0:0:0:0:0:0:1]:443"), "[::1]");
  EXPECT_EQ(host("[2001:DB8::A]"), "[2001:db8::a]");
  EXPECT_EQ(host("xn--bcher-kva.example"), "xn--bcher-kva.example");
}

TEST(OauthRegistryHost, KnowsDockerHubByItsNames) {
  for (const char* key : {"docker.io", "index.docker.io", "https://index.docker.io/v1/", "registry-1.docker.io",
                          "docker.io/library/alpine", "https://index.docker.io:443/v1/"}) {
    EXPECT_EQ(host(key), "docker.io") << key;
  }
  EXPECT_EQ(host("docker.io:5000"), "docker.io:5000");
  EXPECT_EQ(host("https://index.docker.io/v1/access-token"), "none") << "docker's own browser login keeps this";
  EXPECT_EQ(host("https://index.docker.io/v1//refresh-token"), "none");
}

// oauth.md, rules R1 and R4
TEST(OauthRegistryHost, RefusesWhatIsNoRegistryAddress) {
  const std::string long_key = "ghcr.io/" + std::string(5000, 'a');
  for (const std::string& key : {std::string(),
                                 std::string("http://ghcr.io"),
                                 std::string("ftp://ghcr.io"),
                                 std::string("oauth+https://ghcr.io"),
                                 std::string("https://"),
                                 std::string("user@ghcr.io"),
                                 std::string("https://user:pw@ghcr.io"),
                                 std::string("ghcr.io\n"),
                                 std::string("ghcr.io\r\nevil.example"),
                                 std::string("ghcr.io\0.evil", 13),
                                 std::string("ghcr.io\x7f"),
                                 std::string("b\xC3\xBC"
                                             "cher.example"),
                                 std::string("ghcr..io"),
                                 std::string(".ghcr.io"),
                                 std::string("ghcr.io:0"),
                                 std::string("ghcr.io:99999"),
                                 std::string("ghcr.io:"),
                                 std::string("ghcr.io:5x"),
                                 std::string("[::1"),
                                 std::string("[::1]x"),
                                 std::string("[fe80::1%eth0]"),
                                 std::string("ghcr.io?x=y"),
                                 std::string("ghcr.io#x"),
                                 std::string("ghcr.io\\@evil.example"),
                                 std::string("ghcr io"),
                                 long_key}) {
    EXPECT_EQ(host(key), "none") << key;
  }
}

TEST(OauthMatches, TakesWholeLabelsOnly) {
  EXPECT_TRUE(matches("ghcr.io", "ghcr.io"));
  EXPECT_TRUE(matches("*.azurecr.io", "team.azurecr.io"));
  EXPECT_TRUE(matches("*.pkg.dev", "docker.europe.rep.pkg.dev"));
  EXPECT_TRUE(matches("*.example.com:5000", "a.example.com:5000"));
  for (const char* registry : {"azurecr.io", "evilazurecr.io", "team.azurecr.io.evil.example", "team.azurecr.io:5000",
                               ".azurecr.io", "[::azurecr.io"}) {
    EXPECT_FALSE(matches("*.azurecr.io", registry)) << registry;
  }
  EXPECT_FALSE(matches("*", "ghcr.io"));
  EXPECT_FALSE(matches("*.", "ghcr.io"));
  EXPECT_FALSE(matches("", ""));
  EXPECT_FALSE(matches("ghcr.io", "ghcr.io:5000"));
}

TEST(OauthPattern, IsWrittenInOneForm) {
  EXPECT_EQ(registry_pattern("https://Index.Docker.io/v1/").value(), "docker.io");
  EXPECT_EQ(registry_pattern("*.Example.COM.").value(), "*.example.com");
  EXPECT_EQ(registry_pattern("*.example.com:443").value(), "*.example.com");
  EXPECT_EQ(registry_pattern("example.com:8443").value(), "example.com:8443");
}

TEST(OauthPattern, SaysWhatIsWrong) {
  EXPECT_EQ(registry_pattern("*").error().message, "\"*\" has a * where none may be");
  EXPECT_EQ(registry_pattern("*.com").error().message, "\"*.com\" names too many hosts");
  EXPECT_EQ(registry_pattern("*.com/v1.0").error().message, "\"*.com/v1.0\" names too many hosts");
  EXPECT_EQ(registry_pattern("*.com.").error().message, "\"*.com.\" names too many hosts");
  EXPECT_EQ(registry_pattern("*-docker.pkg.dev").error().message, "\"*-docker.pkg.dev\" has a * where none may be");
  EXPECT_EQ(registry_pattern("a.*.com").error().message, "\"a.*.com\" has a * where none may be");
  EXPECT_EQ(registry_pattern("b\xC3\xBC"
                             "cher.example")
                .error()
                .hint,
            "write international names in their xn-- form");
  EXPECT_EQ(registry_pattern("http://ghcr.io").error().message, "\"http://ghcr.io\" is not the address of a registry");
  EXPECT_FALSE(registry_pattern(""));
  EXPECT_FALSE(registry_pattern("*."));
}

TEST(OauthRegistry, StandsForItsMark) {
  EXPECT_EQ(for_registry("https://{registry}/api", "harbor.example:8443"), "https://harbor.example:8443/api");
  EXPECT_EQ(for_registry("{registry}{registry}", "a"), "aa");
  EXPECT_EQ(for_registry("none", "a"), "none");
}

TEST(OauthEndpoint, IsEncrypted) {
  for (const char* url :
       {"https://id.example.com/token", "https://id.example.com:8443", "https://[2001:db8::1]/t?a=b"}) {
    EXPECT_TRUE(check_endpoint(url, false)) << url;
  }
  for (const char* url : {"http://127.0.0.1:8080/t", "http://127.9.9.9/", "http://[::1]:80/"}) {
    EXPECT_TRUE(check_endpoint(url, true)) << url;
    EXPECT_FALSE(check_endpoint(url, false)) << url;
  }
  for (const char* url : {"http://localhost:8080/t", "http://id.example.com", "ftp://id.example.com", "id.example.com",
                          "https://", "https://user:pw@id.example.com", "https://id.example.com#x", "http://128.0.0.1",
                          "http://127.0.0.1.evil.example", "http://[::2]", "https://id.example.com/\n"}) {
    EXPECT_FALSE(check_endpoint(url, true)) << url;
  }
}

TEST(OauthEndpoint, KeepsAPasswordOutOfTheMessage) {
  const auto checked = check_endpoint("https://alice:hunter2@id.example.com/", false);
  ASSERT_FALSE(checked);
  EXPECT_EQ((checked.error().message + checked.error().hint).find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace keyberth::oauth
