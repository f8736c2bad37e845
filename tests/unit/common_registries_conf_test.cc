// SPDX-License-Identifier: Apache-2.0
#include "common/registries_conf.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keyberth {
namespace {

using Helpers = std::optional<std::vector<std::string>>;

Helpers read(std::string_view text) { return credential_helpers(text).value(); }

TEST(RegistriesConf, ReadsTheList) {
  const std::vector<std::string> both{"a", "b"};
  EXPECT_EQ(read("credential-helpers = [\"a\", 'b']\n"), Helpers(both));
  EXPECT_EQ(read("credential-helpers=['a','b',]"), Helpers(both));
  EXPECT_EQ(read("\"credential-helpers\"\t=\t[ # ]\r\n \"a\" # [\r\n , 'b'\r\n]\r\n"), Helpers(both));
  EXPECT_EQ(read("credential-helpers = []"), Helpers(std::vector<std::string>{}));
  EXPECT_EQ(read(registries_conf_text("pass", false)), Helpers(std::vector<std::string>{"pass"}));
  EXPECT_EQ(read(registries_conf_text("pass", true)),
            Helpers(std::vector<std::string>{"pass", "containers-auth.json"}));
}

TEST(RegistriesConf, FindsItBehindOtherSettingsAndInFrontOfTables) {
  const std::string rest = "credential-helpers = ['a']\n";
  for (const char* before : {"", "# credential-helpers = ['b']\n", "x = \"]\"\n", "x = [\n  ['#'], # ]\n  \"[\" ]\n",
                             "x = \"a\\\"[\"\n", "\n\n  ", "x = 1 # [\n", "a.b = { c = [1] }\n", "x = 'é' # Ò\n"}) {
    EXPECT_EQ(read(before + rest), Helpers(std::vector<std::string>{"a"})) << before;
  }
  EXPECT_EQ(read("[aliases]\n" + rest), Helpers());
  EXPECT_EQ(read(" [[registry]]\n" + rest), Helpers());
  EXPECT_EQ(read("other = ['a']\n"), Helpers());
  EXPECT_EQ(read(""), Helpers());
}

TEST(RegistriesConf, SaysThatItIsNoListOfTexts) {
  for (const char* value : {"\"a\"", "[1]", "[\"a\"", "[\"a\" \"b\"]", "[\"a]", "['a', ['b']]", "", "[", "{}"}) {
    EXPECT_FALSE(credential_helpers(std::string("credential-helpers = ") + value)) << value;
  }
}

TEST(RegistriesConf, NamesTheLineThatIsNoToml) {
  for (const char* wrong : {"x = 'unended", "= 1", "credential-helpers = []", "Ò = 1", "x = 1 Ò"}) {
    const auto found = credential_helpers(std::string("credential-helpers = ['a']\n") + wrong + "\n");
    ASSERT_FALSE(found) << wrong;
    EXPECT_EQ(found.error().message, "line 2 is no TOML") << wrong;
  }
  EXPECT_EQ(credential_helpers("\xff = 1").error().message, "it is not UTF-8, as TOML has to be");
}

}  // namespace
}  // namespace keyberth
