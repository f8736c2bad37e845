// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/net/trust.h"

#include "common/files.h"
#include "common/protocol.h"

namespace keyberth::oauth {
namespace {

constexpr std::size_t kCaLimit = std::size_t{8} * 1024 * 1024;

// Values of X509_V_..., which libcurl passes on as CURLINFO_SSL_VERIFYRESULT. It compares the names before it asks
// OpenSSL for the result, which is "unspecified" until then.
constexpr long kGoodChain = 0;
constexpr long kUnspecified = 1;
constexpr long kNotYetValid = 9;
constexpr long kExpired = 10;

}  // namespace

Result<std::string> combined_bundle(const std::string& system_file, const std::string& ca_file) {
  auto own = read_file(ca_file, kCaLimit);
  if (!own) {
    return fail(own.error().kind == ErrorKind::not_found ? ErrorKind::unavailable : own.error().kind,
                own.error().kind == ErrorKind::not_found ? "the CA file " + printable(ca_file) + " does not exist"
                                                         : own.error().message,
                "correct \"ca_file\" in the configuration");
  }
  if (own->find("-----BEGIN ") == std::string::npos) {
    return fail(ErrorKind::bad_input, "the CA file " + printable(ca_file) + " holds no certificate in PEM form",
                "convert it: openssl x509 -inform der -in FILE -out FILE.pem");
  }
  // Without a bundle of the system (a bare container) the own file stands alone.
  auto system = read_file(system_file, kCaLimit);
  return system ? *system + "\n" + *own : *own;
}

Error unusable_trust(const std::string& system_file, bool is_chosen) {
  const std::string file = printable(system_file);
  if (is_chosen) {
    return {ErrorKind::unavailable, "SSL_CERT_FILE names " + file + ", which holds no certificates that can be read",
            "take the system's: unset SSL_CERT_FILE"};
  }
  return {ErrorKind::unavailable, "this machine has no certificates to know servers by; they would be in " + file,
          "sudo apt install ca-certificates"};
}

Error untrusted(const Url& url, long result, std::string_view reason) {
  const std::string& host = url.address();
  const std::string look =
      "look at it: openssl s_client -connect " + url.host + ":" + std::to_string(url.port) + " -servername " + url.host;
  const ErrorKind kind = ErrorKind::unavailable;
  switch (result) {
    case kGoodChain:
    case kUnspecified:
      return {kind, "the certificate of " + host + " is for another host", look};
    case kExpired:
      return {kind, "the certificate of " + host + " has expired",
              look + "\nand check the clock of this machine: date"};
    case kNotYetValid:
      return {kind, "the certificate of " + host + " is not valid yet", "check the clock of this machine: date"};
    default:
      // The reason is OpenSSL's: "self-signed certificate", "unable to get local issuer certificate" and so on.
      return {
          kind, "the certificate of " + host + " is not trusted here (" + printable(reason, 100) + ")",
          "if its certification authority is your own, name the file of that as \"ca_file\" in the configuration or "
          "install it for the system\n" +
              look};
  }
}

}  // namespace keyberth::oauth
