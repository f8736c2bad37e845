// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "common/files.h"

namespace keyberth::oauth {

/// The lock of one session among all processes of the user: held while its vault entry is read and replaced. `key` is
/// that of session_key().
[[nodiscard]] Result<FileLock> lock_session(Host& host, const std::string& key, std::chrono::milliseconds wait);

}  // namespace keyberth::oauth
