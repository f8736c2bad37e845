// SPDX-License-Identifier: Apache-2.0
#include "helpers/secretservice/address.h"

#include <sys/stat.h>
#include <unistd.h>

#include "common/protocol.h"
#include "helpers/secretservice/provider.h"

namespace keyberth {
namespace {

std::string runtime_socket() { return "/run/user/" + std::to_string(getuid()) + "/bus"; }

bool is_socket(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

/// Escapes a path for a D-Bus address (D-Bus Specification, "Server Addresses").
std::string escaped(const std::string& path) {
  constexpr std::string_view kPlain = "-_/.\\*abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string result;
  for (const char c : path) {
    if (kPlain.find(c) != std::string_view::npos) {
      result += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      result += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
  return result;
}

}  // namespace

std::string no_bus_hint(const Host& host) {
  if (const auto user = host.env("SUDO_USER"); user && getuid() == 0) {
    return "This command runs as root, whose keyring is not yours. Run it without sudo. If Docker refuses that, join "
           "its\n"
           "group, then log out and in again:\n  sudo usermod -aG docker " +
           shell_word(*user);
  }
  const std::string socket = runtime_socket();
  if (is_socket(socket)) {
    return "There is one at " + socket + ". Use it:\n  export DBUS_SESSION_BUS_ADDRESS=unix:path=" + socket;
  }
  return "A keyring service lives in a desktop session. Run this inside of one; over ssh, log in to the desktop "
         "first,\n"
         "then:\n  export DBUS_SESSION_BUS_ADDRESS=unix:path=" +
         socket + "\n" + std::string(kWithoutDesktop);
}

Result<std::string> session_bus_address(const Host& host) {
  if (auto address = host.env("DBUS_SESSION_BUS_ADDRESS")) {
    if (address->starts_with("autolaunch:")) {
      return fail(ErrorKind::unavailable,
                  "DBUS_SESSION_BUS_ADDRESS asks to start a new session bus, which has no keyring", no_bus_hint(host));
    }
    return std::move(*address);
  }
  const auto folder = host.env("XDG_RUNTIME_DIR");
  for (const std::string& socket : {folder.value_or("") + "/bus", runtime_socket()}) {
    if (socket.front() == '/' && socket.size() > 4 && is_socket(socket)) {
      return "unix:path=" + escaped(socket);
    }
  }
  return fail(ErrorKind::unavailable, "no D-Bus session bus in this session, so no keyring can be reached",
              no_bus_hint(host));
}

}  // namespace keyberth
