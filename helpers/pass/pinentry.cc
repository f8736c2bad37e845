// SPDX-License-Identifier: Apache-2.0
#include "helpers/pass/pinentry.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>

#include "common/files.h"
#include "common/process.h"
#include "common/protocol.h"
#include "common/split.h"
#include "helpers/pass/gpg.h"

namespace keyberth {
namespace {

constexpr std::size_t kConfigurationLimit = std::size_t{256} * 1024;

/// The words of the first line of `text` that starts with `word`, which ends at a blank or at `separator`.
std::string rest_of_line(std::string_view text, std::string_view word, char separator) {
  for (const std::string_view line : split(text, '\n')) {
    if (line.starts_with(word) && line.size() > word.size() && line[word.size()] == separator) {
      const std::string_view rest = line.substr(word.size() + 1);
      const std::size_t start = std::min(rest.find_first_not_of(" \t"), rest.size());
      return std::string(rest.substr(start, rest.find_last_not_of(" \t\r") + 1 - start));
    }
  }
  return {};
}

/// The program that gpg-agent runs: the user's choice, the machine's, then the one GnuPG was built with.
void find_program_of(Host& host, Pinentry& pinentry) {
  for (const std::string& path : {gnupg_folder(host) + "/gpg-agent.conf", std::string("/etc/gnupg/gpg-agent.conf")}) {
    pinentry.program = rest_of_line(read_file(path, kConfigurationLimit).value_or(""), "pinentry-program", ' ');
    if (!pinentry.program.empty()) {
      pinentry.configured = path;
      return;
    }
  }
  ProcessRequest request;
  request.arguments = {"gpgconf", "--list-components"};
  request.time_limit = std::chrono::seconds(3);
  const Result<ProcessResult> listing = host.run(request);
  const std::string line = listing ? rest_of_line(listing->output.view(), "pinentry", ':') : "";
  pinentry.program = line.substr(std::min(line.find(':') + 1, line.size()));
}

/// The terminal that gpg would name to the agent, if it is one.
std::optional<std::string> terminal(const Host& host) {
  const auto chosen = host.env("GPG_TTY");
  const auto path = chosen ? chosen : host.terminal();
  const Fd file(path ? open(path->c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC) : -1);
  return file.is_open() && host.is_terminal(file.get()) ? path : std::nullopt;
}

}  // namespace

Pinentry find_pinentry(Host& host) {
  Pinentry pinentry;
  find_program_of(host, pinentry);
  const std::string path = find_program(host, pinentry.program);
  std::error_code problem;
  const std::filesystem::path real = std::filesystem::canonical(path, problem);
  pinentry.installed = !problem;
  if (!pinentry.installed) {
    pinentry.place =
        pinentry.program.empty() ? "there is no pinentry program" : printable(pinentry.program) + " is not installed";
    return pinentry;
  }
  // Of the programs that are called pinentry-NAME; what else somebody has chosen will know how to ask.
  const std::string name = real.filename();
  const auto is_one_of = [&](const auto& kinds) {
    return std::any_of(kinds.begin(), kinds.end(),
                       [&](const char* kind) { return name == std::string("pinentry-") + kind; });
  };
  constexpr std::array<const char*, 2> kOnTerminals{"curses", "tty"};
  constexpr std::array<const char*, 8> kOnDisplays{"gnome3", "gtk-2", "gtk", "qt", "qt5", "qt4", "x11", "fltk"};
  const auto screen = host.env("WAYLAND_DISPLAY") ? host.env("WAYLAND_DISPLAY") : host.env("DISPLAY");
  const auto tty = terminal(host);
  const bool takes_displays = !is_one_of(kOnTerminals);
  if (takes_displays && screen) {
    pinentry.can_ask = true;
    pinentry.place = "on the display " + printable(*screen);
  } else if (tty) {  // those for displays have a form for terminals, too
    pinentry.can_ask = true;
    pinentry.place = "on " + printable(*tty);
  } else if (takes_displays && !is_one_of(kOnDisplays)) {
    pinentry.can_ask = true;
    pinentry.place = "in its own way";
  } else {
    pinentry.place = takes_displays ? "there is neither a display nor a terminal" : "there is no terminal";
  }
  return pinentry;
}

}  // namespace keyberth
