// SPDX-License-Identifier: Apache-2.0
#include "helpers/pass/gpg_keys.h"

#include <gtest/gtest.h>

namespace keyberth {
namespace {

// As gpg 2.2 prints them.
constexpr const char* kSecret =
    "sec:u:255:22:6CCDEC4DCA386629:1795315009:::u:::scESC:::+::ed25519:::0:\n"
    "fpr:::::::::97C4D5174602FDED3C4481926CCDEC4DCA386629:\n"
    "grp:::::::::F8A62E943282B25A49380791EFA658E9A3C97426:\n"
    "uid:u::::1795315009::BA77EE05FD8EAD2B6A88FC3A17493330B5F7519E::Test <t@example.org>::::::::::0:\n"
    "uid:u::::1795315009::BA77EE05FD8EAD2B6A88FC3A17493330B5F7519F::Second <s@example.org>::::::::::0:\n"
    "ssb:u:255:18:F036E390730074F3:1795315009::::::e:::+::cv25519::\n"
    "fpr:::::::::D5E48C0F21973AD3F70B6B79F036E390730074F3:\n"
    "grp:::::::::518CD7B620DB4CA88FA52ACF5BFB9E11C91AA0C7:\n";

TEST(GpgKeys, AreReadFromAListing) {
  const std::vector<GpgKey> keys = parse_keys(std::string("tru::1:1795315009:0:3:1:5\n") + kSecret);
  ASSERT_EQ(keys.size(), 1U);
  EXPECT_EQ(keys[0].fingerprint, "97C4D5174602FDED3C4481926CCDEC4DCA386629");
  EXPECT_EQ(keys[0].user_id, "Test <t@example.org>");
  EXPECT_EQ(keys[0].validity, 'u');
  EXPECT_TRUE(keys[0].encrypts());
  EXPECT_FALSE(keys[0].is_disabled());
  EXPECT_FALSE(keys[0].expires);
  EXPECT_EQ(keys[0].grips, std::vector<std::string>{"518CD7B620DB4CA88FA52ACF5BFB9E11C91AA0C7"})
      << "only of the part that decrypts";
}

TEST(GpgKeys, TellWhatIsWrongWithThem) {
  const std::vector<GpgKey> keys = parse_keys(
      "pub:u:255:22:AAAA:1795315009:1795400000::u:::scSCD:::::ed25519:::0:\nfpr:::::::::AAAA:\n"
      "sub:e:255:18:BBBB:1795315009:1795315010:::::e:::::cv25519::\nfpr:::::::::BBBB:\n"
      "sub:e:255:18:CCCC:1795315009:1795315010:::::s:::::cv25519::\nfpr:::::::::CCCC:\n"
      "pub:r:255:22:DDDD");
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_FALSE(keys[0].encrypts());
  EXPECT_TRUE(keys[0].is_disabled());
  EXPECT_EQ(keys[0].expires, 1795400000);
  EXPECT_EQ(keys[0].expired_subkeys, std::vector<std::string>{"BBBB"});
  EXPECT_EQ(keys[1].validity, 'r');
  EXPECT_EQ(keys[1].fingerprint, "");
}

TEST(GpgKeys, SurviveNonsense) {
  for (const char* text : {"", "\n", ":", "fpr:::::::::X:\n", "sec", "sec\n:::\n", "grp:::::::::Y:"}) {
    EXPECT_LE(parse_keys(text).size(), 1U) << text;
  }
}

}  // namespace
}  // namespace keyberth
