// SPDX-License-Identifier: Apache-2.0
#include "helpers/secretservice/provider.h"

#include <gtest/gtest.h>

namespace keyberth {
namespace {

TEST(SecretServiceProvider, KnowsTheUsualOnesByTheirProcessNames) {
  EXPECT_EQ(provider_name("gnome-keyring-d"), "GNOME Keyring");
  EXPECT_EQ(provider_name("keepassxc"), "KeePassXC");
  EXPECT_EQ(provider_name("kwalletd5"), "KWallet");
  EXPECT_EQ(provider_name("kwalletd6"), "KWallet");
  EXPECT_EQ(provider_name("ksecretd"), "KWallet");
}

TEST(SecretServiceProvider, CallsOthersByTheirProcessNameMadePrintable) {
  EXPECT_EQ(provider_name("oo7-daemon"), "oo7-daemon");
  EXPECT_EQ(provider_name("\x1b[31mred"), "?[31mred");
  EXPECT_EQ(provider_name(""), "the keyring service");
}

TEST(SecretServiceProvider, AdviceFitsProviderAndScreen) {
  EXPECT_NE(unlock_hint("GNOME Keyring", false).find("gnome-keyring-daemon --replace --unlock"), std::string::npos);
  EXPECT_EQ(unlock_hint("GNOME Keyring", true).find("gnome-keyring-daemon"), std::string::npos);
  EXPECT_NE(create_hint("GNOME Keyring", false).find("gnome-keyring-daemon --replace --unlock"), std::string::npos);
  EXPECT_NE(unlock_hint("KWallet", false).find("kwalletmanager5"), std::string::npos);
  EXPECT_NE(create_hint("KeePassXC", true).find("Secret Service Integration"), std::string::npos);
  EXPECT_FALSE(unlock_hint("another", false).empty());
  EXPECT_FALSE(create_hint("another", false).empty());
}

TEST(SecretServiceProvider, AdviceForSingleItemsAndForMissingEncryption) {
  EXPECT_NE(item_hint("KeePassXC", "r.example").find("Confirm when passwords"), std::string::npos);
  EXPECT_NE(item_hint("GNOME Keyring", "a'b").find("\n  docker login 'a"), std::string::npos);
  EXPECT_NE(encryption_hint("KWallet").find("libqca"), std::string::npos);
  EXPECT_EQ(encryption_hint("another"), "");
}

TEST(SecretServiceProvider, NobodyThereIsUnavailableWithAPackageToInstall) {
  EXPECT_EQ(no_provider("").kind, ErrorKind::unavailable);
  EXPECT_NE(no_provider("").hint.find("\n  sudo apt install gnome-keyring\n"), std::string::npos);
  EXPECT_EQ(no_provider(kKeePassXCName).message, "KeePassXC runs, but its Secret Service is turned off");
  EXPECT_NE(no_provider("org.kde.kwalletd6").hint.find("\n  kwriteconfig6 "), std::string::npos);
}

TEST(SecretServiceProvider, WaitsThatCameToTheirEnd) {
  EXPECT_EQ(slow_start(std::chrono::seconds(10)).message,
            "the keyring service was started but is not ready after 10 s");
  EXPECT_EQ(stuck("KWallet", 0).message, "KWallet does not respond");
  EXPECT_EQ(stuck("KWallet", 0).hint.find("kill"), std::string::npos);
  EXPECT_NE(stuck("KWallet", 7).hint.find("\n  kill -KILL 7"), std::string::npos);
  for (const Error& error : {busy("the keyring service", std::chrono::seconds(3)),
                             prompt_unanswered("the keyring service", std::chrono::seconds(3))}) {
    EXPECT_EQ(error.kind, ErrorKind::timed_out);
    EXPECT_EQ(error.message.find("The keyring service "), 0U);
    EXPECT_NE(error.message.find(" within 3 s"), std::string::npos);
    EXPECT_NE(error.hint.find("\nDOCKER_CREDENTIAL_TIMEOUT=SECONDS"), std::string::npos);
  }
  EXPECT_EQ(prompt_vanished("KWallet").kind, ErrorKind::unavailable);
}

TEST(SecretServiceProvider, ErrorsOfCalls) {
  const auto kind = [](std::string_view name) { return call_failed("KWallet", name, "x", false).kind; };
  EXPECT_EQ(kind("org.freedesktop.DBus.Error.ServiceUnknown"), ErrorKind::unavailable);
  EXPECT_EQ(kind("org.freedesktop.DBus.Error.NoReply"), ErrorKind::unavailable);
  EXPECT_EQ(kind("org.freedesktop.Secret.Error.NoSuchObject"), ErrorKind::not_found);
  EXPECT_EQ(kind("org.freedesktop.Secret.Error.IsLocked"), ErrorKind::locked);
  EXPECT_EQ(kind("org.freedesktop.DBus.Error.AccessDenied"), ErrorKind::denied);
  EXPECT_EQ(kind("org.gnome.keyring.Error.Else"), ErrorKind::internal);
  EXPECT_EQ(call_failed("the keyring service", "a.Else", "x", false).message,
            "The keyring service reports an error: x");
}

TEST(SecretServiceProvider, NameAtTheStartOfASentence) {
  EXPECT_EQ(capitalized("the keyring service"), "The keyring service");
  EXPECT_EQ(capitalized("KWallet"), "KWallet");
  EXPECT_EQ(capitalized(""), "");
}

}  // namespace
}  // namespace keyberth
