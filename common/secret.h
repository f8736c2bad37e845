// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace keyberth {

/// Owns secret bytes. They live in a memory mapping of their own, never on the heap or inside this object: locked into
/// memory when the system allows it (RLIMIT_MEMLOCK), left out of core dumps (MADV_DONTDUMP), not inherited by child
/// processes (MADV_WIPEONFORK), and wiped when they are moved away, replaced or destroyed.
///
/// Move-only. There is no conversion, no stream operator and no operator==; `view()` is the only way in, and whoever
/// takes it must not copy it into ordinary memory.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view bytes);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  [[nodiscard]] std::string_view view() const { return {data_, size_}; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

  void append(std::string_view bytes);
  void push_back(char byte) { append({&byte, 1}); }

  /// Room for `count` more bytes behind the present ones, for reading straight from a descriptor. The span is valid
  /// until the next call that is not `commit`.
  [[nodiscard]] std::span<char> prepare(std::size_t count);
  /// Takes over the first `count` bytes written into the span of the last `prepare`.
  void commit(std::size_t count);

  /// Keeps only the first `size` bytes (no effect when there are fewer) and wipes the rest.
  void truncate(std::size_t size);

  /// Compares in time that depends on the lengths only.
  [[nodiscard]] bool equals(const Secret& other) const;

 private:
  void reserve(std::size_t capacity);
  void release() noexcept;

  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

/// Zeroes `size` bytes in a way the compiler may not leave out.
void wipe(void* bytes, std::size_t size) noexcept;

/// Zeroes the part of the stack below the caller that a finished call may have left secrets in (a JSON parser keeps
/// short strings inside its own objects). Covers 64 KiB.
void wipe_stack() noexcept;

}  // namespace keyberth
