// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include "common/result.h"
#include "common/secret.h"

namespace keyberth::oauth {

/// Makes OpenSSL wipe what it frees. Works only before OpenSSL has allocated anything: false when it came too late.
bool wipe_crypto_memory() noexcept;

/// From the system's generator. An error when it has none to give.
[[nodiscard]] Result<Secret> random_bytes(std::size_t count);

/// 32 bytes.
[[nodiscard]] Result<Secret> sha256(std::string_view bytes);

/// Compares in time that depends on the lengths only.
[[nodiscard]] bool equal_secrets(std::string_view left, std::string_view right);

}  // namespace keyberth::oauth
