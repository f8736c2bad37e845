// SPDX-License-Identifier: Apache-2.0
#include "helpers/secretservice/address.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/unit/fake_host.h"

namespace keyberth {
namespace {

/// A folder with a listening socket "bus" in it.
class RuntimeFolder {
 public:
  explicit RuntimeFolder(const std::string& name) {
    std::string pattern = (std::filesystem::temp_directory_path() / "kb-XXXXXX").string();
    base_ = mkdtemp(pattern.data());
    path_ = base_ + "/" + name;
    std::filesystem::create_directory(path_);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string bus = path_ + "/bus";
    bus.copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
    socket_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  RuntimeFolder(const RuntimeFolder&) = delete;
  RuntimeFolder& operator=(const RuntimeFolder&) = delete;
  ~RuntimeFolder() {
    close(socket_);
    std::filesystem::remove_all(base_);
  }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const std::string& base() const { return base_; }

 private:
  std::string base_;
  std::string path_;
  int socket_ = -1;
};

TEST(SecretServiceAddress, VariableComesFirst) {
  const RuntimeFolder folder("run");
  FakeHost host;
  host.variables = {{"DBUS_SESSION_BUS_ADDRESS", "unix:path=/somewhere"}, {"XDG_RUNTIME_DIR", folder.path()}};
  EXPECT_EQ(session_bus_address(host).value(), "unix:path=/somewhere");
}

TEST(SecretServiceAddress, SocketInTheRuntimeFolderIsNext) {
  const RuntimeFolder folder("run");
  FakeHost host;
  host.variables = {{"DBUS_SESSION_BUS_ADDRESS", ""}, {"XDG_RUNTIME_DIR", folder.path()}};
  EXPECT_EQ(session_bus_address(host).value(), "unix:path=" + folder.path() + "/bus");
}

TEST(SecretServiceAddress, PathIsEscaped) {
  const RuntimeFolder folder("a b,%;=ü");
  FakeHost host;
  host.variables = {{"XDG_RUNTIME_DIR", folder.path()}};
  EXPECT_EQ(session_bus_address(host).value(), "unix:path=" + folder.base() + "/a%20b%2c%25%3b%3d%c3%bc/bus");
}

TEST(SecretServiceAddress, ABusIsNeverStarted) {
  FakeHost host;
  host.variables = {{"DBUS_SESSION_BUS_ADDRESS", "autolaunch:"}, {"DISPLAY", ":0"}};
  const auto address = session_bus_address(host);
  ASSERT_FALSE(address.has_value());
  EXPECT_EQ(address.error().kind, ErrorKind::unavailable);
  EXPECT_FALSE(address.error().hint.empty());
}

TEST(SecretServiceAddress, NoneIsUnavailable) {
  if (std::filesystem::exists("/run/user/" + std::to_string(getuid()) + "/bus")) {
    GTEST_SKIP() << "this user has a session bus";
  }
  FakeHost host;
  host.variables = {{"XDG_RUNTIME_DIR", "/nonexistent"}, {"DISPLAY", ":0"}};
  const auto address = session_bus_address(host);
  ASSERT_FALSE(address.has_value());
  EXPECT_EQ(address.error().kind, ErrorKind::unavailable);
}

}  // namespace
}  // namespace keyberth
