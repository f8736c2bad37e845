// SPDX-License-Identifier: Apache-2.0
#include "helpers/keyctl/quota.h"

#include <gtest/gtest.h>

#include <string>

namespace keyberth {
namespace {

constexpr std::string_view kKeyUsers =
    "    0:    11 10/10 3/1000000 48/25000000\n"
    " 1000:     3 3/3 2/200 28/20000\n"
    "10000:     7 7/7 5/200 512/20000\n";

TEST(KeyUsage, FindsTheLineOfTheUser) {
  const auto usage = parse_key_users(kKeyUsers, 1000);
  ASSERT_TRUE(usage);
  EXPECT_EQ(usage->keys, 2U);
  EXPECT_EQ(usage->key_limit, 200U);
  EXPECT_EQ(usage->bytes, 28U);
  EXPECT_EQ(usage->byte_limit, 20000U);
  EXPECT_EQ(parse_key_users(kKeyUsers, 0)->byte_limit, 25000000U);
}

TEST(KeyUsage, IsNothingForOthersAndForText) {
  EXPECT_FALSE(parse_key_users(kKeyUsers, 1));
  EXPECT_FALSE(parse_key_users(kKeyUsers, 100));
  for (const char* text : {"", "\n", "1000:", "1000: 3 3/3", "1000: 3 3/3 2-200 28/20000", "1000: 3 3/3 2/200 28/",
                           "1000: 3 3/3 2/200 -1/20000", "1000: 3 3/3 2/99999999999999999999 28/20000"}) {
    EXPECT_FALSE(parse_key_users(text, 1000)) << text;
  }
}

TEST(TimeLeft, IsReadFromTheLineOfTheKey) {
  constexpr std::string_view kKeys =
      "004880cd I------     1 perm 1f0b0000     0     0 keyring   .builtin_trusted_keys: empty\n"
      "0efff11f I------     1   2d 1f030000     0 65534 keyring   _persistent.0: empty\n"
      "1efff11f I------     1  59m 1f030000     0 65534 keyring   _persistent.1: empty\n"
      "2efff11f I------     1   1w 1f030000     0 65534 keyring   _persistent.2: empty\n"
      "3efff11f I------     1 expd 1f030000     0 65534 keyring   _persistent.3: empty\n";
  EXPECT_EQ(parse_time_left(kKeys, 0x0efff11f), "2 days");
  EXPECT_EQ(parse_time_left(kKeys, 0x1efff11f), "59 minutes");
  EXPECT_EQ(parse_time_left(kKeys, 0x2efff11f), "1 week");
  EXPECT_FALSE(parse_time_left(kKeys, 0x004880cd));
  EXPECT_FALSE(parse_time_left(kKeys, 0x3efff11f));
  EXPECT_FALSE(parse_time_left(kKeys, 0x4efff11f));
  EXPECT_FALSE(parse_time_left("0efff11f I------", 0x0efff11f));
}

TEST(Spoken, TakesTheLargestUnitThatFitsWhole) {
  EXPECT_EQ(spoken(259200), "3 days");
  EXPECT_EQ(spoken(86400), "1 day");
  EXPECT_EQ(spoken(604800), "7 days");
  EXPECT_EQ(spoken(90000), "25 hours");
  EXPECT_EQ(spoken(5400), "90 minutes");
  EXPECT_EQ(spoken(61), "61 seconds");
  EXPECT_EQ(spoken(0), "0 seconds");
}

TEST(DeadKeys, AreThoseThatExpiredOrWereRevoked) {
  const std::vector<DeadKey> dead = parse_dead_keys(
      "13e855d2 I--Q---     1 expd 3f010000     0     0 user      keyberth:r.example: 3\n"
      "13e855d3 I--Q---     1 perm 3f010000     0     0 user      keyberth:alive: 3\n"
      "f3e855d4 IR-Q---     1 perm 3f010000     0     0 user      keyberth:a b: c\n"
      "13e855d5 I--Q---     1 expd 3f010000     0     0 keyring   _ses: 1\n"
      "nonsense\n"
      "13e855d6 I--Q---     1 expd");
  ASSERT_EQ(dead.size(), 2U);
  EXPECT_EQ(dead[0].serial, 0x13e855d2);
  EXPECT_EQ(dead[0].description, "keyberth:r.example");
  EXPECT_EQ(dead[1].serial, static_cast<std::int32_t>(0xf3e855d4));
  EXPECT_EQ(dead[1].description, "keyberth:a b: c");
}

}  // namespace
}  // namespace keyberth
