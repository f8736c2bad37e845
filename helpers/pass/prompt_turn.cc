// SPDX-License-Identifier: Apache-2.0
#include "helpers/pass/prompt_turn.h"

#include <fcntl.h>
#include <sys/stat.h>

namespace keyberth {
namespace {

constexpr const char* kCancelled = "/keyberth-pass-cancelled";
constexpr const char* kLock = "/keyberth-pass-prompt.lock";

}  // namespace

PromptTurn::PromptTurn(Host& host)
    : host_(host), folder_(runtime_folder(host).value_or("")), cancel_time_before_(cancel_time()) {}

Result<> PromptTurn::wait() {
  if (folder_.empty()) {
    return {};
  }
  Result<FileLock> lock = FileLock::acquire(host_, folder_ + kLock, patience(host_));
  if (lock) {
    lock_ = std::move(*lock);
  } else if (lock.error().kind == ErrorKind::timed_out) {
    return fail(ErrorKind::timed_out, "another program has been asking for the passphrase of the GPG key for too long",
                "answer that question, or end it: gpgconf --kill gpg-agent");
  }
  return {};
}

void PromptTurn::cancel() const {
  if (!folder_.empty()) {
    const Fd file(open((folder_ + kCancelled).c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    (void)futimens(file.get(), nullptr);
  }
}

PromptTurn::Time PromptTurn::cancel_time() const {
  struct stat info {};
  if (!folder_.empty()) {
    (void)stat((folder_ + kCancelled).c_str(), &info);
  }
  return {info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
}

}  // namespace keyberth
