// SPDX-License-Identifier: Apache-2.0
#include "common/secret.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>

namespace keyberth {
namespace {

static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string_view> && !std::is_convertible_v<std::string, Secret>);

TEST(Secret, KeepsWhatWasAppended) {
  Secret secret("one");
  secret.push_back(',');
  secret.append("two");
  EXPECT_EQ(secret.view(), "one,two");
  EXPECT_EQ(Secret().view(), "");
  EXPECT_TRUE(Secret("").empty());
}

TEST(Secret, GrowsWithoutLosingBytes) {
  Secret secret;
  std::string wanted;
  for (int i = 0; i < 200000; ++i) {
    const char byte = static_cast<char>('a' + i % 26);
    secret.push_back(byte);
    wanted.push_back(byte);
  }
  EXPECT_EQ(secret.view(), wanted);
}

TEST(Secret, MovesAndLeavesNothingBehind) {
  Secret first("hunter2");
  const char* place = first.view().data();
  Secret second(std::move(first));
  EXPECT_EQ(second.view().data(), place);
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): that is the point
  first = std::move(second);
  EXPECT_EQ(first.view(), "hunter2");
}

TEST(Secret, WipesWhatIsCutOff) {
  Secret secret("hunter2");
  const char* bytes = secret.view().data();
  secret.truncate(2);
  EXPECT_EQ(secret.view(), "hu");
  EXPECT_EQ(std::string(bytes + 2, 5), std::string(5, '\0'));
  secret.truncate(10);
  EXPECT_EQ(secret.size(), 2U);
}

TEST(Secret, TakesBytesReadInPlace) {
  Secret secret("a");
  const auto room = secret.prepare(3);
  room[0] = 'b';
  room[1] = 'c';
  secret.commit(2);
  EXPECT_EQ(secret.view(), "abc");
}

TEST(Secret, ComparesByContent) {
  EXPECT_TRUE(Secret("abc").equals(Secret("abc")));
  EXPECT_FALSE(Secret("abc").equals(Secret("abd")));
  EXPECT_FALSE(Secret("abc").equals(Secret("ab")));
  EXPECT_TRUE(Secret().equals(Secret("")));
}

#ifndef KEYBERTH_SANITIZED
// The address sanitizer turns mlock into nothing.
TEST(Secret, LivesInPagesThatAreLockedLeftOutOfDumpsAndNotInherited) {
  const Secret secret("hunter2");
  std::ifstream maps("/proc/self/smaps");
  std::ostringstream place;
  place << std::hex << reinterpret_cast<std::uintptr_t>(secret.view().data()) << "-";
  bool inside = false;
  std::string flags;
  for (std::string text; flags.empty() && std::getline(maps, text);) {
    inside = inside || text.starts_with(place.str());
    if (inside && text.starts_with("VmFlags:")) {
      flags = text + " ";
    }
  }
  for (const char* flag : {" lo ", " dd ", " wf "}) {  // proc(5)
    EXPECT_NE(flags.find(flag), std::string::npos) << flag << " in " << flags;
  }
}

TEST(OperatorDelete, WipesTheHeap) {
  auto* text = new std::string(300, 'S');
  const char* bytes = text->data();
  delete text;
  int left = 0;
  for (int i = 16; i < 300; ++i) {                                 // the allocator reuses the first bytes for itself
    left += *static_cast<const volatile char*>(bytes + i) == 'S';  // NOLINT: reading freed memory is the test
  }
  EXPECT_EQ(left, 0);
}
#endif

}  // namespace
}  // namespace keyberth
