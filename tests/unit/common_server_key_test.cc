// SPDX-License-Identifier: Apache-2.0
#include "common/server_key.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace keyberth {
namespace {

using Keys = std::vector<std::string>;

bool contains(const Keys& keys, const std::string& key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

/// Whether a credential stored under `stored` may answer a request for `asked`.
bool serves(const std::string& stored, const std::string& asked) { return contains(lookup_keys(asked), stored); }

TEST(LookupKeys, StartWithTheKeyAsItWasAsked) {
  for (const char* key : {"ghcr.io", "https://index.docker.io/v1/", "not a host", "HTTP://x", "a/b/c", "[::1]:5000"}) {
    EXPECT_EQ(lookup_keys(key).front(), key);
  }
}

TEST(LookupKeys, TreatTheSynonymsOfDockerHubAsOne) {
  const Keys hub{"https://index.docker.io/v1/",
                 "https://index.docker.io/v1",
                 "index.docker.io",
                 "docker.io",
                 "registry-1.docker.io",
                 "https://docker.io",
                 "https://registry-1.docker.io",
                 "https://index.docker.io",
                 "docker.io:443"};
  for (const std::string& asked : hub) {
    for (const std::string& stored : hub) {
      if (stored != "docker.io:443") {
        EXPECT_TRUE(serves(stored, asked)) << stored << " for " << asked;
      }
    }
  }
}

TEST(LookupKeys, DoNotTakeOtherHostsForDockerHub) {
  for (const char* asked : {"docker.io.example.com", "mydocker.io", "index.docker.io:5000", "http://docker.io",
                            "auth.docker.io", "hub.docker.com"}) {
    EXPECT_FALSE(serves("https://index.docker.io/v1/", asked)) << asked;
  }
}

TEST(LookupKeys, FindTheSameHostWithAndWithoutSchemeAndDefaultPort) {
  const Keys same{"ghcr.io", "https://ghcr.io", "ghcr.io:443", "https://ghcr.io:443", "https://ghcr.io/"};
  for (const std::string& asked : same) {
    for (const std::string& stored : same) {
      EXPECT_TRUE(serves(stored, asked)) << stored << " for " << asked;
    }
  }
}

TEST(LookupKeys, NeverCrossPorts) {
  EXPECT_FALSE(serves("host.example", "host.example:5000"));
  EXPECT_FALSE(serves("host.example:5000", "host.example"));
  EXPECT_FALSE(serves("host.example:5000", "host.example:5001"));
  EXPECT_FALSE(serves("host.example:443", "host.example:80"));
  EXPECT_TRUE(serves("https://host.example:5000", "host.example:5000"));
}

TEST(LookupKeys, NeverCrossBetweenHttpAndHttps) {
  for (const char* secure : {"host.example", "https://host.example", "host.example:443", "https://host.example/a"}) {
    for (const char* plain : {"http://host.example", "http://host.example:80", "http://host.example/"}) {
      EXPECT_FALSE(serves(plain, secure)) << plain << " for " << secure;
      EXPECT_FALSE(serves(secure, plain)) << secure << " for " << plain;
    }
  }
  EXPECT_TRUE(serves("http://host.example", "http://host.example:80"));
  EXPECT_TRUE(serves("http://host.example:80", "http://host.example/team/app"));
}

TEST(LookupKeys, FallBackToShorterPathsAndThenTheHost) {
  const Keys keys = lookup_keys("ghcr.io/org/team/app");
  const auto place = [&](const std::string& key) { return std::find(keys.begin(), keys.end(), key) - keys.begin(); };
  EXPECT_TRUE(contains(keys, "https://ghcr.io/org/team"));
  EXPECT_LT(place("https://ghcr.io/org/team/app"), place("ghcr.io/org/team"));
  EXPECT_LT(place("ghcr.io/org/team"), place("ghcr.io/org"));
  EXPECT_LT(place("ghcr.io/org"), place("ghcr.io"));
  EXPECT_LT(place("ghcr.io"), static_cast<std::ptrdiff_t>(keys.size()));
  EXPECT_FALSE(contains(keys, "ghcr.io/or"));
}

TEST(LookupKeys, NeverServeALongerPathForAShorterOne) {
  EXPECT_FALSE(serves("ghcr.io/org", "ghcr.io"));
  EXPECT_FALSE(serves("ghcr.io/org/app", "ghcr.io/org"));
  EXPECT_FALSE(serves("ghcr.io/organisation", "ghcr.io/org/app"));
}

TEST(LookupKeys, ServeARepositoryOfDockerHubByItsLogin) {
  EXPECT_TRUE(serves("https://index.docker.io/v1/", "index.docker.io/library/alpine"));
  EXPECT_TRUE(serves("docker.io/library", "docker.io/library/alpine"));
}

TEST(LookupKeys, KeepTheCompanionKeysOfDockerHubApart) {
  for (const char* companion : {"https://index.docker.io/v1/access-token", "https://index.docker.io/v1/refresh-token",
                                "https://index.docker.io/v1//access-token", "https://index.docker.io/v1//refresh-token",
                                "index.docker.io/v1/access-token", "docker.io/v1/refresh-token"}) {
    EXPECT_EQ(lookup_keys(companion), Keys{companion});
    EXPECT_EQ(erase_keys(companion), Keys{companion});
    EXPECT_FALSE(serves(companion, "https://index.docker.io/v1/"));
    EXPECT_FALSE(serves(companion, std::string(companion) + "/deeper"));
  }
}

TEST(LookupKeys, KeepPrivateKeysApart) {
  EXPECT_EQ(lookup_keys("oauth+https://ghcr.io"), Keys{"oauth+https://ghcr.io"});
  EXPECT_FALSE(serves("oauth+https://ghcr.io", "ghcr.io"));
  EXPECT_TRUE(is_private("oauth+https://ghcr.io"));
  EXPECT_FALSE(is_private("https://oauth+https"));
}

TEST(LookupKeys, GiveNoAliasToWhatIsNotAHost) {
  for (const char* odd : {"", "two words", "user@host.example", "host.example:port", "host.example:", "https://",
                          "/path", "ftp://host.example", "host.example/a?b", "host.example#c",
                          "https://host.example:", ":5000", "[::1", "h\xC3\xB6st.example", "a//b://c"}) {
    EXPECT_EQ(lookup_keys(odd), Keys{odd});
  }
}

TEST(LookupKeys, UnderstandIpv6Literals) {
  EXPECT_TRUE(serves("https://[::1]:5000", "[::1]:5000"));
  EXPECT_TRUE(serves("[fd00::1]", "https://[fd00::1]:443/team/app"));
}

TEST(LookupKeys, StayFewForHostilePaths) {
  std::string path = "host.example";
  for (int i = 0; i < 100000; ++i) {
    path += "/a";
  }
  EXPECT_LT(lookup_keys(path).size(), 20U);
}

TEST(LookupKeys, NameEachKeyOnce) {
  for (const char* asked : {"https://index.docker.io/v1/", "ghcr.io/org/app/", "docker.io/v1", "http://a:80//b/"}) {
    Keys keys = lookup_keys(asked);
    std::sort(keys.begin(), keys.end());
    EXPECT_EQ(std::adjacent_find(keys.begin(), keys.end()), keys.end()) << asked;
  }
}

TEST(EraseKeys, AreTheKeyAloneOrDockerHubsSynonyms) {
  EXPECT_EQ(erase_keys("ghcr.io"), Keys{"ghcr.io"});
  EXPECT_EQ(erase_keys("index.docker.io/library/alpine"), Keys{"index.docker.io/library/alpine"});
  EXPECT_TRUE(contains(erase_keys("https://index.docker.io/v1/"), "docker.io"));
  EXPECT_TRUE(contains(erase_keys("docker.io"), "https://index.docker.io/v1/"));
}

}  // namespace
}  // namespace keyberth
