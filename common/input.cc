// SPDX-License-Identifier: Apache-2.0
#include "common/input.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "common/files.h"
#include "common/protocol.h"

namespace keyberth {
namespace {

using Clock = std::chrono::steady_clock;

/// More than this is not a client's mistake but an endless stream; then even draining stops.
constexpr std::size_t kDrainLimit = 64 * kInputLimit;

/// Whether the descriptor is ready (or broken, which the next call on it tells) before the deadline.
bool wait_until(int descriptor, short events, Clock::time_point deadline) {
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd watched{descriptor, events, 0};
    const int ready = left > 0 ? poll(&watched, 1, static_cast<int>(left)) : 0;
    if (ready >= 0 || errno != EINTR) {
      return ready != 0;
    }
  }
}

}  // namespace

Result<Secret> read_standard_input(Host& host) {
  const auto limit = patience(host);
  const auto deadline = Clock::now() + limit;
  Secret input;
  std::size_t total = 0;
  while (total < kDrainLimit) {
    if (!wait_until(STDIN_FILENO, POLLIN, deadline)) {
      return fail(ErrorKind::timed_out, "standard input did not end within " + std::to_string(limit.count()) + " s",
                  "the calling program must write its request and close the pipe; on a terminal end it with Ctrl-D");
    }
    const auto room = input.prepare(std::size_t{16} * 1024);
    const ssize_t count = read(STDIN_FILENO, room.data(), room.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) {
      continue;
    }
    if (count < 0) {
      return fail(ErrorKind::bad_input,
                  errno == EBADF ? "standard input is closed" : system_error("read", "standard input", errno).message,
                  "the calling program must write its request there");
    }
    if (count == 0) {
      break;
    }
    total += static_cast<std::size_t>(count);
    if (total <= kInputLimit) {
      input.commit(static_cast<std::size_t>(count));
    }
  }
  if (total > kInputLimit) {
    return fail(ErrorKind::limit, "standard input is larger than 1 MiB",
                "no credential is that large; nothing was changed");
  }
  return input;
}

Result<> write_output(int descriptor, std::string_view bytes, std::chrono::seconds limit) {
  const auto deadline = Clock::now() + limit;
  while (!bytes.empty()) {
    if (!wait_until(descriptor, POLLOUT, deadline)) {
      return fail(ErrorKind::timed_out, "nobody read standard output for " + std::to_string(limit.count()) + " s",
                  "the calling program must read the answer there");
    }
    // A pipe that poll calls writable takes this much at once, so that write does not wait (pipe(7)).
    const ssize_t count = write(descriptor, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
    if (count < 0 && errno != EINTR && errno != EAGAIN) {
      return fail(
          ErrorKind::internal,
          errno == EBADF ? "standard output is closed" : system_error("write", "standard output", errno).message,
          "the calling program must read the answer there");
    }
    bytes.remove_prefix(count > 0 ? static_cast<std::size_t>(count) : 0);
  }
  return {};
}

}  // namespace keyberth
