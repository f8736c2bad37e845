// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "common/host.h"
#include "common/result.h"
#include "helpers/oauth/json.h"

namespace keyberth::oauth {

/// The only file of the network program that writes to the terminal. What people read goes to standard error, so that
/// standard output holds nothing but what was asked for: a token, or events.
class Screen {
 public:
  explicit Screen(const Host& host) : host_(host) {}

  /// From now on people's text is dropped and `event` prints: somebody else draws the dialog.
  void use_events() { events_ = true; }
  [[nodiscard]] bool uses_events() const { return events_; }

  /// Text for people, complete with its line ends. Whatever came from outside has been through printable().
  void say(std::string_view text) const;
  /// One line of JSON on standard output; nothing unless use_events was called.
  void event(const Json& object) const;
  /// Standard output: the answer that was asked for.
  [[nodiscard]] Result<> answer(std::string_view bytes) const;
  /// "docker-credential-oauth: what went wrong", and below it the hint.
  void error(const Error& error) const;

  /// Whether people's text is shown on a terminal.
  [[nodiscard]] bool is_terminal() const;
  /// Columns of that terminal; 0 when it is none or does not say.
  [[nodiscard]] int columns() const;
  /// Whether it shows UTF-8, by LC_ALL, LC_CTYPE, LANG in this order.
  [[nodiscard]] bool shows_utf8() const;
  /// Whether colours are wanted: a terminal that is not "dumb", and no NO_COLOR.
  [[nodiscard]] bool shows_colour() const;

 private:
  const Host& host_;
  bool events_ = false;
};

}  // namespace keyberth::oauth
