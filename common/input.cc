// SPDX-License-Identifier: Apache-2.0
#include "common/input.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "common/files.h"
#include "common/protocol.h"

namespace keyberth {
namespace {

/// More than this is not a client's mistake but an endless stream; then even draining stops.
constexpr std::size_t kDrainLimit = 64 * kInputLimit;

}  // namespace

Result<Secret> read_standard_input(Host& host) {
  const auto limit = patience(host);
  Secret input;
  std::size_t total = 0;
  while (total < kDrainLimit) {
    pollfd watched{STDIN_FILENO, POLLIN, 0};
    const int ready = poll(&watched, 1, static_cast<int>(limit.count() * 1000));
    if (ready == 0) {
      return fail(ErrorKind::timed_out, "nothing came on standard input for " + std::to_string(limit.count()) + " s",
                  "the calling program must write its request and close the pipe; on a terminal end it with Ctrl-D");
    }
    const auto room = input.prepare(std::size_t{16} * 1024);
    const ssize_t count = read(STDIN_FILENO, room.data(), room.size());
    if (count < 0 && errno == EINTR) {
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

Result<> write_output(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno != EINTR) {
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
