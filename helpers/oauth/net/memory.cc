// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/net/memory.h"

#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "common/secret.h"

namespace keyberth::oauth {

void* wiping_malloc(std::size_t size) noexcept { return std::malloc(std::max<std::size_t>(size, 1)); }

void* wiping_calloc(std::size_t count, std::size_t size) noexcept {
  return std::calloc(std::max<std::size_t>(count, 1), std::max<std::size_t>(size, 1));
}

void* wiping_realloc(void* memory, std::size_t size) noexcept {
  if (memory == nullptr) {
    return wiping_malloc(size);
  }
  // realloc(3) may move the block and leave the old one as it was.
  void* moved = wiping_malloc(size);
  if (moved != nullptr) {
    std::memcpy(moved, memory, std::min(size, malloc_usable_size(memory)));
    wiping_free(memory);
  }
  return moved;
}

char* wiping_strdup(const char* text) noexcept {
  const std::size_t size = std::strlen(text) + 1;
  void* copy = wiping_malloc(size);
  return copy == nullptr ? nullptr : static_cast<char*>(std::memcpy(copy, text, size));
}

void wiping_free(void* memory) noexcept {
  if (memory != nullptr) {
    wipe(memory, malloc_usable_size(memory));
    std::free(memory);
  }
}

}  // namespace keyberth::oauth
