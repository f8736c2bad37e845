// SPDX-License-Identifier: Apache-2.0
#include "helpers/secretservice/provider.h"

#include "common/protocol.h"

namespace keyberth {
namespace {

/// Unlocks the keyring "login", and makes it when there is none.
constexpr std::string_view kGnomeUnlock =
    "  bash -c 'IFS= read -rsp \"Keyring password: \" p; echo >&2; printf %s \"$p\"' | "
    "gnome-keyring-daemon --replace --unlock\n";

constexpr std::string_view kLongerWait = "DOCKER_CREDENTIAL_TIMEOUT=SECONDS in the environment makes us wait longer.";

}  // namespace

Error no_provider(std::string_view idle) {
  if (idle == kKeePassXCName) {
    return {ErrorKind::unavailable, "KeePassXC runs, but its Secret Service is turned off",
            "Turn it on in its settings, Secret Service Integration, and let a database expose a group."};
  }
  if (!idle.empty()) {
    const std::string version(idle.substr(idle.size() - 1));
    return {ErrorKind::unavailable, "KWallet runs, but its Secret Service is turned off",
            "Turn it on, and log in to the desktop again:\n  kwriteconfig" + version +
                " --file kwalletrc --group org.freedesktop.secrets --key apiEnabled true"};
  }
  return {ErrorKind::unavailable,
          "no keyring service runs in this session, and none is installed that could be started",
          "Install one and log in again:\n  sudo apt install gnome-keyring\n" + std::string(kWithoutDesktop)};
}

Error no_start(const std::string& text) {
  return {ErrorKind::unavailable, "the keyring service could not be started: " + text,
          "See what it says: journalctl --user -n 50. Try it by hand: gnome-keyring-daemon --foreground"};
}

Error slow_start(std::chrono::seconds limit) {
  return {ErrorKind::timed_out,
          "the keyring service was started but is not ready after " + std::to_string(limit.count()) + " s",
          "See what it says: journalctl --user -n 50. Then try again."};
}

Error stuck(std::string_view provider, std::uint32_t pid) {
  const std::string end = pid == 0 ? "" : " End it, and the bus starts another:\n  kill -KILL " + std::to_string(pid);
  return {ErrorKind::timed_out, capitalized(std::string(provider)) + " does not respond",
          "It is stopped or stuck. Log out of the desktop and in again." + end};
}

Error busy(std::string_view provider, std::chrono::seconds limit) {
  return {ErrorKind::timed_out,
          capitalized(std::string(provider)) + " did not answer within " + std::to_string(limit.count()) +
              " s; it may be waiting for you in a window of its own",
          "Look for its window: unlock the database or allow the access there, then run the command again.\n" +
              std::string(kLongerWait)};
}

Error prompt_unanswered(std::string_view provider, std::chrono::seconds limit) {
  return {
      ErrorKind::timed_out,
      capitalized(std::string(provider)) + " asked for your answer, and none came within " +
          std::to_string(limit.count()) + " s",
      "Answer its dialog in time, or unlock it beforehand, then run the command again.\n" + std::string(kLongerWait)};
}

Error prompt_vanished(std::string_view provider) {
  return {ErrorKind::unavailable, capitalized(std::string(provider)) + " went away while it asked for your answer",
          "Run the command again."};
}

bool is_nobody(std::string_view name) { return name.ends_with(".ServiceUnknown") || name.ends_with(".NameHasNoOwner"); }

Error call_failed(std::string_view provider, std::string_view name, const std::string& text, bool has_screen) {
  const auto ends = [&](std::string_view tail) { return name.ends_with(tail); };
  const std::string who = capitalized(std::string(provider));
  if (is_nobody(name) || ends(".NoReply") || ends(".Disconnected")) {
    return {ErrorKind::unavailable, "the keyring service stopped before it had answered", "Run the command again."};
  }
  if (ends(".NoSuchObject") || ends(".UnknownObject") || ends(".UnknownMethod") || ends(".UnknownInterface")) {
    return {ErrorKind::not_found, who + " has no such object: " + text, {}};
  }
  if (ends(".IsLocked")) {
    return {ErrorKind::locked, who + " is locked", unlock_hint(provider, has_screen)};
  }
  if (ends(".AccessDenied")) {
    return {ErrorKind::denied, who + " refuses access: " + text, {}};
  }
  return {ErrorKind::internal, who + " reports an error: " + text, {}};
}

std::string provider_name(std::string_view comm) {
  // The kernel cuts process names at 15 bytes: gnome-keyring-d.
  if (comm.starts_with("gnome-keyring")) {
    return "GNOME Keyring";
  }
  if (comm.starts_with("keepassxc")) {
    return "KeePassXC";
  }
  if (comm.starts_with("kwalletd") || comm == "ksecretd") {
    return std::string(kKWallet);
  }
  return comm.empty() ? "the keyring service" : printable(comm);
}

std::string unlock_hint(std::string_view provider, bool has_screen) {
  if (provider == "GNOME Keyring") {
    return has_screen ? "Unlock it, for example in seahorse (Passwords and Keys), and run the command again."
                      : "Unlock it from a terminal, then run the command again:\n" + std::string(kGnomeUnlock) +
                            std::string(kWithoutDesktop);
  }
  if (provider == "KeePassXC") {
    return "Open the window of KeePassXC, unlock the database, and run the command again.";
  }
  if (provider == kKWallet) {
    return "Open the wallet, for example in kwalletmanager5, and run the command again.";
  }
  return "Unlock it in its own program, and run the command again.";
}

std::string create_hint(std::string_view provider, bool has_screen) {
  if (provider == "GNOME Keyring") {
    return has_screen ? "Run the command again and choose a password in its dialog."
                      : "Make one from a terminal, with a password of your choice, then run the command again:\n" +
                            std::string(kGnomeUnlock) + std::string(kWithoutDesktop);
  }
  if (provider == "KeePassXC") {
    return "Open a database in KeePassXC and expose one of its groups: Database settings, Secret Service Integration.";
  }
  return "Make a keyring in its own program, mark it as the default one, and run the command again.";
}

std::string item_hint(std::string_view provider, std::string_view server) {
  if (provider == "KeePassXC") {
    return "Allow the access in its window when it asks, or turn that off in its settings, Secret Service "
           "Integration:\n"
           "\"Confirm when passwords are retrieved by clients\".";
  }
  return "Unlock the keyring it is in, or log in again, which keeps it in the default one:\n  docker login " +
         shell_word(server);
}

std::string hidden_hint() {
  return "It is another keyring than the default one. Unlock it in its own program, such as seahorse (Passwords and "
         "Keys).";
}

std::string encryption_hint(std::string_view provider) {
  return provider == kKWallet ? "Install the plug-in that encrypts, and log in to the desktop again:\n"
                                "  sudo apt install libqca-qt5-2-plugins"
                              : "";
}

std::string capitalized(std::string text) {
  if (!text.empty() && text.front() >= 'a' && text.front() <= 'z') {
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
  }
  return text;
}

}  // namespace keyberth
