// SPDX-License-Identifier: Apache-2.0
#include "common/split.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace keyberth {
namespace {

using Parts = std::vector<std::string_view>;

TEST(Split, EndsAPartAtASeparatorAndAtTheEnd) {
  EXPECT_EQ(split("one", ':'), Parts({"one"}));
  EXPECT_EQ(split("one:two", ':'), Parts({"one", "two"}));
  EXPECT_EQ(split("one:two:", ':'), Parts({"one", "two"}));
  EXPECT_EQ(split("", ':'), Parts());
}

TEST(Split, KeepsEmptyPartsButForOneAtTheEnd) {
  EXPECT_EQ(split(":", ':'), Parts({""}));
  EXPECT_EQ(split("::one::two::", ':'), Parts({"", "", "one", "", "two", ""}));
}

TEST(Split, TakesOtherSeparatorsAsText) {
  using namespace std::string_view_literals;
  EXPECT_EQ(split("a b\nc d\n", '\n'), Parts({"a b", "c d"}));
  EXPECT_EQ(split("a\0b\0"sv, '\0'), Parts({"a", "b"}));
}

TEST(Split, LeavesEmptyPartsOutWhenTold) {
  EXPECT_EQ(split_nonempty("::one::two::", ':'), Parts({"one", "two"}));
  EXPECT_EQ(split_nonempty("::", ':'), Parts());
  EXPECT_EQ(split_nonempty("", ':'), Parts());
}

}  // namespace
}  // namespace keyberth
