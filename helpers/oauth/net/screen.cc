// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/net/screen.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>

#include "common/input.h"
#include "common/protocol.h"
#include "common/split.h"
#include "helpers/oauth/answer.h"

namespace keyberth::oauth {
namespace {

constexpr std::size_t kMessageLimit = 500;
constexpr std::string_view kName = "docker-credential-oauth: ";

}  // namespace

void Screen::say(std::string_view text) const {
  if (!events_) {
    (void)write_output(STDERR_FILENO, text);
  }
}

void Screen::event(const Json& object) const {
  if (events_) {
    Secret line = write_json(object);
    line.push_back('\n');
    (void)write_output(STDOUT_FILENO, line.view());
  }
}

Result<> Screen::answer(std::string_view bytes) const { return write_output(STDOUT_FILENO, bytes); }

void Screen::error(const Error& error) const {
  const std::string message = printable(error.message, kMessageLimit);
  Json object = Json::make_object();
  object.set("event", Json::of("error"));
  object.set("kind", Json::of(kind_word(error.kind)));
  object.set("message", Json::of(std::string_view(message)));
  object.set("hint", Json::of(std::string_view(error.hint)));
  event(object);
  std::string text = std::string(message.starts_with("Usage:") ? "" : kName) + message + "\n";
  for (const std::string_view line : split(error.hint, '\n')) {
    text += "  " + printable(line, kMessageLimit) + "\n";
  }
  (void)write_output(STDERR_FILENO, text);
}

bool Screen::is_terminal() const { return !events_ && host_.is_terminal(STDERR_FILENO); }

int Screen::columns() const {
  winsize size{};
  return is_terminal() && ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

bool Screen::shows_utf8() const {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (auto value = host_.env(name)) {
      std::transform(value->begin(), value->end(), value->begin(),
                     [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
      return value->find("UTF-8") != std::string::npos || value->find("UTF8") != std::string::npos;
    }
  }
  return false;
}

bool Screen::shows_colour() const {
  return is_terminal() && !host_.env("NO_COLOR") && host_.env("TERM").value_or("dumb") != "dumb";
}

}  // namespace keyberth::oauth
