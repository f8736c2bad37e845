// SPDX-License-Identifier: Apache-2.0
#include "common/self.h"

#include <unistd.h>

#include <array>
#include <climits>

namespace keyberth {

std::string own_path() {
  std::array<char, PATH_MAX> self{};
  const ssize_t size = readlink("/proc/self/exe", self.data(), self.size() - 1);
  return size > 0 ? std::string(self.data(), static_cast<std::size_t>(size)) : std::string();
}

std::string own_folder() {
  const std::string path = own_path();
  return path.substr(0, path.rfind('/'));
}

std::string install_command(const std::string& program) { return "sudo apt install ./" + program + "_*.deb"; }

}  // namespace keyberth
