// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/net/browser.h"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <string_view>

#include "common/split.h"

namespace keyberth::oauth {
namespace {

using Command = std::vector<std::string>;

/// One command of BROWSER. Its words are separated by spaces; there is no quoting, and no shell.
Command parse_command(std::string_view text, const std::string& url) {
  Command command;
  bool has_url = false;
  for (const std::string_view part : split_nonempty(text, ' ')) {
    std::string& word = command.emplace_back(part);
    if (const std::size_t mark = word.find("%s"); mark != std::string::npos) {
      word.replace(mark, 2, url);
      has_url = true;
    }
  }
  if (!command.empty() && !has_url) {
    command.push_back(url);
  }
  return command;
}

bool any(const Host& host, std::initializer_list<const char*> names) {
  return std::any_of(names.begin(), names.end(), [&](const char* name) { return host.env(name).has_value(); });
}

bool start(const Command& command) {
  std::vector<std::string> words = command;
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) {
    arguments.push_back(word.data());
  }
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  if (posix_spawn_file_actions_init(&files) != 0) {
    return false;
  }
  if (posix_spawnattr_init(&attributes) != 0) {
    (void)posix_spawn_file_actions_destroy(&files);
    return false;
  }
  // A browser's chatter on standard output would corrupt our own; in a session of its own, Ctrl-C here does not end it.
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    (void)posix_spawn_file_actions_addopen(&files, descriptor, "/dev/null", O_RDWR, 0);
  }
  (void)posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  sigset_t all;
  sigset_t none;
  (void)sigfillset(&all);
  (void)sigemptyset(&none);
  (void)posix_spawnattr_setsigdefault(&attributes, &all);
  (void)posix_spawnattr_setsigmask(&attributes, &none);
  (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  pid_t pid = 0;
  const bool started = posix_spawnp(&pid, arguments.front(), &files, &attributes, arguments.data(), environ) == 0;
  (void)posix_spawnattr_destroy(&attributes);
  (void)posix_spawn_file_actions_destroy(&files);
  return started;
}

}  // namespace

std::vector<Command> browser_commands(const Host& host, const std::string& url) {
  std::vector<Command> commands;
  if (const auto wish = host.env("BROWSER")) {
    for (const std::string_view text : split(*wish, ':')) {
      if (Command command = parse_command(text, url); !command.empty()) {
        commands.push_back(std::move(command));
      }
    }
    return commands;
  }
  if (any(host, {"SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY", "CI", "GITHUB_ACTIONS", "GITLAB_CI", "BUILD_ID", "TF_BUILD",
                 "REMOTE_CONTAINERS", "CODESPACES"})) {
    return commands;
  }
  if (any(host, {"WSL_DISTRO_NAME", "WSL_INTEROP"})) {
    commands.push_back({"wslview", url});
  }
  if (any(host, {"DISPLAY", "WAYLAND_DISPLAY"})) {
    commands.push_back({"xdg-open", url});
  }
  return commands;
}

bool open_browser(const Host& host, const std::string& url) {
  const std::vector<Command> commands = browser_commands(host, url);
  return std::any_of(commands.begin(), commands.end(), start);
}

}  // namespace keyberth::oauth
