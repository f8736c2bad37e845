// SPDX-License-Identifier: Apache-2.0
#include "helpers/secretservice/address.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "common/files.h"
#include "common/protocol.h"
#include "helpers/secretservice/provider.h"

namespace keyberth {
namespace {

std::string runtime_socket() { return "/run/user/" + std::to_string(getuid()) + "/bus"; }

bool is_socket(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

/// Whether a bus listens there and answers: it lists its ways to authenticate when it is asked for none of them (D-Bus
/// Specification, "Authentication Protocol").
bool answers(const std::string& path) {
  constexpr std::string_view kHello{"\0AUTH\r\n", 7};
  constexpr int kMilliseconds = 1000;
  sockaddr_un address{};
  if (path.size() >= sizeof(address.sun_path)) {
    return false;
  }
  address.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), std::begin(address.sun_path));
  const Fd bus(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the interface of the C library
  if (connect(bus.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      send(bus.get(), kHello.data(), kHello.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(kHello.size())) {
    return false;
  }
  pollfd answer{bus.get(), POLLIN, 0};
  char first = '\0';
  return poll(&answer, 1, kMilliseconds) == 1 && recv(bus.get(), &first, 1, 0) == 1;
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
  const std::string own = runtime_socket();
  if (answers(own)) {
    return "There is one at " + own + ". Use it:\n  export DBUS_SESSION_BUS_ADDRESS=unix:path=" + own;
  }
  return "A keyring service lives in a desktop session. Run this inside of one; over ssh, log in to the desktop "
         "first.\n" +
         std::string(kWithoutDesktop);
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
