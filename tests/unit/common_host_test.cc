// SPDX-License-Identifier: Apache-2.0
#include "common/host.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/unit/fake_host.h"

namespace keyberth {
namespace {

TEST(Patience, IsAMinuteUnlessTheUserSaysOtherwise) {
  FakeHost host;
  EXPECT_EQ(patience(host).count(), 60);
  for (const char* odd : {"0", "-1", "3601", "5s", "abc", "1e3", " 5", "99999999999999999999"}) {
    host.variables["DOCKER_CREDENTIAL_TIMEOUT"] = odd;
    EXPECT_EQ(patience(host).count(), 60) << odd;
  }
  host.variables["DOCKER_CREDENTIAL_TIMEOUT"] = "1";
  EXPECT_EQ(patience(host).count(), 1);
  host.variables["DOCKER_CREDENTIAL_TIMEOUT"] = "3600";
  EXPECT_EQ(patience(host).count(), 3600);
}

TEST(RealHost, TakesAnEmptyVariableForUnset) {
  const RealHost host;
  ASSERT_EQ(setenv("KB_EMPTY", "", 1), 0);
  ASSERT_EQ(setenv("KB_FULL", "x", 1), 0);
  EXPECT_FALSE(host.env("KB_EMPTY"));
  EXPECT_FALSE(host.env("KB_MISSING"));
  EXPECT_EQ(host.env("KB_FULL"), "x");
}

TEST(RealHost, LogsOnlyWhenAskedAndDisarmed) {
  ASSERT_EQ(unsetenv("DOCKER_CREDENTIAL_LOG"), 0);
  testing::internal::CaptureStderr();
  RealHost().debug("quiet");
  ASSERT_EQ(setenv("DOCKER_CREDENTIAL_LOG", "debug", 1), 0);
  RealHost().debug("line\x1b[31m");
  ASSERT_EQ(setenv("DOCKER_CREDENTIAL_LOG", "error", 1), 0);
  RealHost().debug("quiet");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "debug: line?[31m\n");
  ASSERT_EQ(unsetenv("DOCKER_CREDENTIAL_LOG"), 0);
}

}  // namespace
}  // namespace keyberth
