// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/net/client_certificate.h"

#include <algorithm>
#include <array>

#include "common/files.h"
#include "common/protocol.h"

namespace keyberth::oauth {
namespace {

constexpr std::size_t kLimit = std::size_t{1024} * 1024;

Error unreadable(const std::string& member, const std::string& path, Error error) {
  if (error.kind == ErrorKind::not_found) {
    error = {ErrorKind::unavailable, "the file " + printable(path) + " does not exist", ""};
  }
  if (error.hint.empty()) {
    error.hint = "correct \"" + member + "\" in the configuration";
  }
  return error;
}

/// Both forms of a key with a pass phrase: PKCS #8 (RFC 7468 section 11), and OpenSSL's older one.
bool is_encrypted(std::string_view key) {
  return key.find("-----BEGIN ENCRYPTED PRIVATE KEY-----") != std::string_view::npos ||
         key.find("Proc-Type: 4,ENCRYPTED") != std::string_view::npos;
}

}  // namespace

Result<ClientCertificate> read_client_certificate(const ClientFiles& files) {
  Result<std::string> certificate = read_file(files.certificate, kLimit);
  if (!certificate) {
    return tl::unexpected(unreadable("client_certificate", files.certificate, std::move(certificate).error()));
  }
  if (certificate->find("-----BEGIN CERTIFICATE-----") == std::string::npos) {
    return fail(
        ErrorKind::bad_input, printable(files.certificate) + " holds no certificate in PEM form",
        "name a file with one as \"client_certificate\" in the configuration; to convert it: openssl x509 -in " +
            shell_word(files.certificate) + " -out " + shell_word(files.certificate + ".pem"));
  }
  Result<Secret> key = read_private_file(files.key, kLimit, "the client key");
  if (!key) {
    return tl::unexpected(unreadable("client_key", files.key, std::move(key).error()));
  }
  const std::string convert = "openssl pkey -in " + shell_word(files.key) + " -out " + shell_word(files.key + ".pem");
  if (is_encrypted(key->view())) {
    return fail(ErrorKind::bad_input,
                "the client key " + printable(files.key) + " has a pass phrase, which nobody is asked for here",
                "name a file without one as \"client_key\" in the configuration; to make it: " + convert);
  }
  if (key->view().find("PRIVATE KEY-----") == std::string_view::npos) {
    return fail(ErrorKind::bad_input, printable(files.key) + " holds no private key in PEM form",
                "name a file with one as \"client_key\" in the configuration; to convert it: " + convert);
  }
  return ClientCertificate{*std::move(certificate), *std::move(key)};
}

Error unusable_client_certificate(const ClientFiles& files, std::string_view reason) {
  return {ErrorKind::bad_input, "the client certificate cannot be used: " + printable(reason, 200),
          "\"client_certificate\" and \"client_key\" in the configuration must be a pair; these two must print the "
          "same:\n  openssl x509 -noout -pubkey -in " +
              shell_word(files.certificate) + "\n  openssl pkey -pubout -in " + shell_word(files.key)};
}

std::optional<Error> client_certificate_refused(const std::string& host, std::string_view said,
                                                const ClientFiles& files) {
  // The alerts in OpenSSL's words, and the titles of nginx's pages.
  constexpr std::array<std::string_view, 10> kRefusals{"alert certificate required",
                                                       "alert bad certificate",
                                                       "alert unsupported certificate",
                                                       "alert certificate revoked",
                                                       "alert certificate expired",
                                                       "alert certificate unknown",
                                                       "alert unknown ca",
                                                       "alert access denied",
                                                       "400 No required SSL certificate was sent",
                                                       "400 The SSL certificate error"};
  // What TLS 1.2 has in the place of the first; it may mean other things too.
  constexpr std::string_view kHandshake = "alert handshake failure";
  const auto is_said = [&](std::string_view words) { return said.find(words) != std::string_view::npos; };
  const std::string members = "\"client_certificate\" and \"client_key\"";
  const bool has_none = files.certificate.empty();
  if (has_none && is_said(kHandshake)) {
    return Error{ErrorKind::unavailable, "no TLS connection to " + host + ": it refuses the handshake",
                 "if it demands a client certificate, name yours as " + members + " in its rule in the configuration"};
  }
  if (std::none_of(kRefusals.begin(), kRefusals.end(), is_said)) {
    return std::nullopt;
  }
  if (has_none) {
    return Error{ErrorKind::unavailable, host + " demands a client certificate",
                 "name yours as " + members + " in its rule in the configuration"};
  }
  return Error{ErrorKind::unavailable, host + " refuses the client certificate " + printable(files.certificate),
               "name one that it knows as " + members + " in the configuration; to look at this one: openssl x509 " +
                   "-noout -subject -issuer -dates -in " + shell_word(files.certificate)};
}

}  // namespace keyberth::oauth
