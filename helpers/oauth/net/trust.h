// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"
#include "helpers/oauth/url.h"

namespace keyberth::oauth {

/// The system's certificates with a rule's own behind them, both files in PEM form.
[[nodiscard]] Result<std::string> combined_bundle(const std::string& system_file, const std::string& ca_file);

/// Why the certificates to know servers by cannot be used: the file of SSL_CERT_FILE when it is set, else the system's.
[[nodiscard]] Error unusable_trust(const std::string& system_file, bool is_chosen);

/// Why a server's certificate was not accepted: `result` is OpenSSL's number (X509_V_...), `reason` its words.
[[nodiscard]] Error untrusted(const Url& url, long result, std::string_view reason);

}  // namespace keyberth::oauth
