// SPDX-License-Identifier: Apache-2.0
#include "helpers/secretservice/provider.h"

#include "common/protocol.h"

namespace keyberth {

std::string provider_name(std::string_view comm) {
  // The kernel cuts process names at 15 bytes: gnome-keyring-d.
  if (comm.starts_with("gnome-keyring")) {
    return "GNOME Keyring";
  }
  if (comm.starts_with("keepassxc")) {
    return "KeePassXC";
  }
  if (comm.starts_with("kwalletd") || comm == "ksecretd") {
    return "KWallet";
  }
  return comm.empty() ? "the keyring service" : printable(comm);
}

std::string unlock_hint(std::string_view provider, bool has_screen) {
  if (provider == "KeePassXC") {
    return "Open KeePassXC, unlock the database, and run the command again.";
  }
  if (provider == "GNOME Keyring" && !has_screen) {
    return "There is no screen here to ask for the password on. Unlock the keyring from this terminal:\n"
           "  (read -rsp 'Keyring password: ' p; printf %s \"$p\") | gnome-keyring-daemon --replace --unlock\n"
           "and run the command again. On a machine without a desktop, docker-credential-pass and\n"
           "docker-credential-keyctl need no keyring service.";
  }
  return "Unlock the keyring (run the command again and type its password into the dialog, or open it in\n" +
         std::string(provider == "KWallet" ? "kwalletmanager5" : "its own program, for example seahorse") + ").";
}

std::string capitalized(std::string text) {
  if (!text.empty() && text.front() >= 'a' && text.front() <= 'z') {
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
  }
  return text;
}

}  // namespace keyberth
