// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"
#include "common/secret.h"

namespace keyberth::oauth {

/// The paths of a rule's client certificate and of its key. Both are empty, or none is.
struct ClientFiles {
  std::string certificate;
  std::string key;
};

/// The same, read, in PEM form. The certificate may have those between it and its authority behind it.
struct ClientCertificate {
  std::string certificate;
  Secret key;
};

/// Reads both files (up to 1 MiB each). unavailable for one that is not there, denied for a key that others may read,
/// bad_input for what is not PEM and for a key with a pass phrase, which nobody is asked for.
[[nodiscard]] Result<ClientCertificate> read_client_certificate(const ClientFiles& files);

/// The certificate and the key were read, and the TLS library takes them for no pair: `reason`.
[[nodiscard]] Error unusable_client_certificate(const ClientFiles& files, std::string_view reason);

/// What to do about a server that wants a client certificate, or another one than `files`. `said` is the TLS library's
/// reason, with the server's alert (RFC 8446 section 6.2), or the page that nginx sends instead. Nothing when it is
/// about something else.
[[nodiscard]] std::optional<Error> client_certificate_refused(const std::string& host, std::string_view said,
                                                              const ClientFiles& files);

}  // namespace keyberth::oauth
