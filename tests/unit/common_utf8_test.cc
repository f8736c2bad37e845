// SPDX-License-Identifier: Apache-2.0
#include "common/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace keyberth {
namespace {

TEST(Utf8, AcceptsTheSmallestAndLargestOfEachLength) {
  for (const char* text : {"\x01", "\x7f", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80",
                           "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
}

TEST(Utf8, RefusesOverlongSurrogatesTruncatedAndTooLarge) {
  for (const char* text : {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
                           "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xE2\x82", "\xC3(", "ok\xC3"}) {
    EXPECT_FALSE(is_utf8(text)) << text;
  }
}

TEST(Utf8, FindsControlCharacters) {
  EXPECT_TRUE(has_control("a\nb"));
  EXPECT_TRUE(has_control(std::string("a\0b", 3)));
  EXPECT_TRUE(has_control("\x7f"));
  EXPECT_TRUE(has_control("\xC2\x9B"));  // CSI, which some terminals obey
  EXPECT_FALSE(has_control("plain text, \xC3\xA4, <token>"));
}

TEST(Utf8, TrimsUnicodeWhiteSpaceAtBothEndsOnly) {
  EXPECT_EQ(trim(" \t\xC2\xA0\xE3\x80\x80host name\xE2\x80\xA8\r\n"), "host name");
  EXPECT_EQ(trim("\xE2\x80\x89"), "");
  EXPECT_EQ(trim(""), "");
  EXPECT_EQ(trim("\xFFx"), "\xFFx");
}

}  // namespace
}  // namespace keyberth
