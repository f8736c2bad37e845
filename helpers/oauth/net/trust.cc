// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/net/trust.h"

#include "common/files.h"
#include "common/protocol.h"

namespace keyberth::oauth {
namespace {

constexpr std::size_t kCaLimit = std::size_t{8} * 1024 * 1024;

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

}  // namespace keyberth::oauth
