// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/net/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "helpers/oauth/net/memory.h"

namespace keyberth::oauth {
namespace {

// OpenSSL's allocator takes the place of the call along.
void* crypto_malloc(std::size_t size, const char* /*file*/, int /*line*/) { return wiping_malloc(size); }
void* crypto_realloc(void* memory, std::size_t size, const char* /*file*/, int /*line*/) {
  return wiping_realloc(memory, size);
}
void crypto_free(void* memory, const char* /*file*/, int /*line*/) { wiping_free(memory); }

}  // namespace

bool wipe_crypto_memory() noexcept { return CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free) == 1; }

Result<Secret> random_bytes(std::size_t count) {
  Secret bytes;
  const auto room = bytes.prepare(count);
  if (RAND_priv_bytes(reinterpret_cast<unsigned char*>(room.data()), static_cast<int>(count)) != 1) {
    return fail(ErrorKind::internal, "the system's random number generator gives nothing",
                "check that /dev/urandom can be read");
  }
  bytes.commit(count);
  return bytes;
}

Result<Secret> sha256(std::string_view bytes) {
  Secret digest;
  const auto room = digest.prepare(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(room.data()), &size, EVP_sha256(),
                 nullptr) != 1) {
    return fail(ErrorKind::internal, "OpenSSL cannot compute SHA-256", "check its installation: openssl list -digests");
  }
  digest.commit(size);
  return digest;
}

bool equal_secrets(std::string_view left, std::string_view right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace keyberth::oauth
