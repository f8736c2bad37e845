// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace keyberth::oauth {

/// An allocator for C libraries that handle secrets: what is freed, or left behind when a block moves, is wiped.
[[nodiscard]] void* wiping_malloc(std::size_t size) noexcept;
[[nodiscard]] void* wiping_calloc(std::size_t count, std::size_t size) noexcept;
[[nodiscard]] void* wiping_realloc(void* memory, std::size_t size) noexcept;
[[nodiscard]] char* wiping_strdup(const char* text) noexcept;
void wiping_free(void* memory) noexcept;

}  // namespace keyberth::oauth
