// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace keyberth {

/// What went wrong, coarse enough to act on. Only `not_found` has a meaning in the protocol: it may be said only when
/// it is true, because clients answer it by going on anonymously.
enum class ErrorKind {
  usage,        ///< the command line is not one of ours
  bad_input,    ///< standard input is not what the action takes
  not_found,    ///< the store was read and has no such entry
  unavailable,  ///< the store is missing, not set up, or cannot be reached
  locked,       ///< the store is there, but nobody could or would unlock it
  denied,       ///< the system refuses access
  timed_out,    ///< a wait came to its end
  damaged,      ///< something is stored, but it cannot be read as a credential
  limit,        ///< a size or quota is exhausted
  internal,     ///< anything else
};

/// An error as people read it. `message` is one line without a final stop and never holds a secret; it goes to standard
/// output and standard error. `hint` says what to do, best as the very command; it goes to standard error only, and may
/// be empty or have several lines.
struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string message;
  std::string hint;
};

template <class T = void>
using Result = tl::expected<T, Error>;

/// Makes the failing side of a Result: `return fail(ErrorKind::locked, "...", "...")`.
[[nodiscard]] inline tl::unexpected<Error> fail(ErrorKind kind, std::string message, std::string hint = {}) {
  return tl::unexpected<Error>(Error{kind, std::move(message), std::move(hint)});
}

/// Passes an error on from a Result of another type: `return pass_on(std::move(result))`.
template <class T>
[[nodiscard]] tl::unexpected<Error> pass_on(tl::expected<T, Error>&& result) {
  return tl::unexpected<Error>(std::move(result).error());
}

}  // namespace keyberth

/// Returns the error of `expression` (a Result<>) from the current function, if it has one.
#define KEYBERTH_TRY(expression)                                             \
  do {                                                                       \
    if (auto keyberth_result = (expression); !keyberth_result.has_value()) { \
      return ::keyberth::pass_on(std::move(keyberth_result));                \
    }                                                                        \
  } while (false)
