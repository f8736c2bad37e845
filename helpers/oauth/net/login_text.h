// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "helpers/oauth/config.h"
#include "helpers/oauth/json.h"
#include "helpers/oauth/net/provider.h"
#include "helpers/oauth/net/token_server.h"

/// What `login` says, as text and as events. Everything that came from a server is made printable here.
namespace keyberth::oauth {

/// Who asks whom for what: shown before every approval (R7).
struct Request {
  std::string registry;
  std::string provider;  ///< host
  std::string client_id;
  std::string scope;
};
[[nodiscard]] Request request_of(const Rule& rule, const Metadata& metadata, const std::string& registry);

/// The address and the code, with the QR code `picture` (may be empty) below.
[[nodiscard]] std::string device_text(const DeviceCode& code, const Request& request, const std::string& picture,
                                      bool colour);
[[nodiscard]] Json device_event(const DeviceCode& code, const Request& request);

/// The same for the browser flow; `opened` is whether a browser was started.
[[nodiscard]] std::string web_text(const std::string& url, const Request& request, bool opened);
[[nodiscard]] Json web_event(const std::string& url, const Request& request);

/// "10 minutes", "45 seconds".
[[nodiscard]] std::string duration_text(int seconds);

/// The words of `requested` that are not in `granted`; empty when `granted` is (RFC 6749 section 5.1: then it is the
/// same), so that nobody wonders later why a push is refused.
[[nodiscard]] std::string missing_scopes(const std::string& requested, const std::string& granted);

/// What the registry said to the new credential; empty when it refused, which is an error of its own.
[[nodiscard]] std::string trial_text(const Trial& trial);

}  // namespace keyberth::oauth
