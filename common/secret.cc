// SPDX-License-Identifier: Apache-2.0
#include "common/secret.h"

#include <malloc.h>
#include <string.h>  // explicit_bzero
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <new>
#include <utility>

namespace keyberth {
namespace {

std::size_t round_to_pages(std::size_t size) {
  static const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return (std::max<std::size_t>(size, 1) + page - 1) / page * page;
}

}  // namespace

Secret::Secret(std::string_view bytes) { append(bytes); }

Secret::Secret(Secret&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    release();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
  }
  return *this;
}

Secret::~Secret() { release(); }

void Secret::append(std::string_view bytes) {
  if (bytes.empty()) {
    return;
  }
  std::copy(bytes.begin(), bytes.end(), prepare(bytes.size()).begin());
  commit(bytes.size());
}

std::span<char> Secret::prepare(std::size_t count) {
  if (capacity_ - size_ < count) {
    reserve(std::max(size_ + count, 2 * capacity_));
  }
  return {data_ + size_, count};
}

void Secret::commit(std::size_t count) { size_ += std::min(count, capacity_ - size_); }

void Secret::truncate(std::size_t size) {
  if (size < size_) {
    wipe(data_ + size, size_ - size);
    size_ = size;
  }
}

bool Secret::equals(const Secret& other) const {
  if (size_ != other.size_) {
    return false;
  }
  unsigned difference = 0;
  for (std::size_t i = 0; i < size_; ++i) {
    difference |= static_cast<unsigned char>(data_[i]) ^ static_cast<unsigned char>(other.data_[i]);
  }
  return difference == 0;
}

void Secret::reserve(std::size_t capacity) {
  const std::size_t size = round_to_pages(capacity);
  void* mapping = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) {
    throw std::bad_alloc();
  }
  // Best effort: a container may forbid locking, and the secret must still be handled.
  (void)mlock(mapping, size);
  (void)madvise(mapping, size, MADV_DONTDUMP);
  (void)madvise(mapping, size, MADV_WIPEONFORK);
  char* data = static_cast<char*>(mapping);
  std::copy_n(data_, size_, data);
  const std::size_t kept = size_;
  release();
  data_ = data;
  size_ = kept;
  capacity_ = size;
}

void Secret::release() noexcept {
  if (data_ != nullptr) {
    wipe(data_, capacity_);
    munmap(data_, capacity_);
  }
  data_ = nullptr;
  size_ = 0;
  capacity_ = 0;
}

void wipe(void* bytes, std::size_t size) noexcept { explicit_bzero(bytes, size); }

[[gnu::noinline]] void wipe_stack() noexcept {
  std::array<char, std::size_t{64} * 1024> below;
  wipe(below.data(), below.size());
}

}  // namespace keyberth

// Libraries keep copies of secrets on the heap (a JSON parser's token buffer, a grown std::string). Replacing the
// global operator delete is the one place that wipes all of them. Sanitizers bring their own allocator and must keep
// it.
#ifndef KEYBERTH_SANITIZED
void* operator new(std::size_t size) {
  if (void* memory = std::malloc(std::max<std::size_t>(size, 1))) {
    return memory;
  }
  throw std::bad_alloc();
}

void operator delete(void* memory) noexcept {
  if (memory != nullptr) {
    keyberth::wipe(memory, malloc_usable_size(memory));
    std::free(memory);
  }
}

void operator delete(void* memory, std::size_t /*size*/) noexcept { operator delete(memory); }
#endif
