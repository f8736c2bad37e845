// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "common/files.h"
#include "common/host.h"
#include "common/result.h"
#include "common/secret.h"

namespace keyberth::oauth {

/// What the provider's redirect brought (RFC 6749 section 4.1.2, RFC 9207). Untrusted text.
struct Redirect {
  Secret code;
  std::string iss;
  std::string error;
  std::string error_description;
};

/// What to make of the head of one HTTP request to the redirect address.
struct RedirectRequest {
  int status = 0;  ///< to answer with; 200 for the one that counts
  Redirect redirect;
};

/// Only a GET of /callback with the right state and either a code or an error counts. Everything else that browsers and
/// others send (favicon, probes, other states) is 400, 404 or 405 and leaves the wait as it was. Pure, for the fuzzer.
[[nodiscard]] RedirectRequest parse_redirect_request(std::string_view head, std::string_view state);

/// A whole HTTP answer: a page without any resource or script.
[[nodiscard]] std::string redirect_page(int status, std::string_view title, std::string_view text);

/// Waits at a port of 127.0.0.1, or of [::1] where there is no IPv4, for the browser to come back (RFC 8252 section
/// 7.3).
class Loopback {
 public:
  [[nodiscard]] static Result<Loopback> open();

  [[nodiscard]] const std::string& redirect_uri() const { return redirect_uri_; }

  /// The one redirect with the right state. timed_out at `end` by the clock of `host`. The browser waits for answer().
  [[nodiscard]] Result<Redirect> wait(Host& host, Host::Clock::time_point end, std::string_view state);

  /// The page that the person sees at last. Ends the listening.
  void answer(bool success);

 private:
  struct Connection {
    Fd fd;
    std::string head;
    std::chrono::steady_clock::time_point since;
  };

  Loopback(Fd listener, std::string redirect_uri)
      : listener_(std::move(listener)), redirect_uri_(std::move(redirect_uri)) {}

  [[nodiscard]] std::vector<bool> ready() const;
  void accept_one();
  [[nodiscard]] bool read_some(Connection& connection, std::string_view state, Redirect& redirect);

  Fd listener_;
  std::string redirect_uri_;
  std::vector<Connection> connections_;
  Fd browser_;
};

}  // namespace keyberth::oauth
