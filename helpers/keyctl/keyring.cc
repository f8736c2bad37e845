// SPDX-License-Identifier: Apache-2.0
#include "helpers/keyctl/keyring.h"

#include <keyutils.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <span>

namespace keyberth {
namespace {

constexpr const char* kType = "user";

tl::unexpected<Error> forbidden(int code) {
  return fail(ErrorKind::denied, std::string("the kernel keyring may not be used here (") + std::strerror(code) + ")",
              "In a container, its seccomp profile forbids it. Either start the container with a profile that allows "
              "add_key, keyctl and request_key:\n"
              "  docker run --security-opt seccomp=PROFILE.json ...   (seccomp=unconfined to try it out)\n"
              "or keep credentials in another store there, such as docker-credential-pass.");
}

tl::unexpected<Error> failure(std::string_view doing, int code) {
  switch (code) {
    case EPERM:
    case ENOSYS:
      return forbidden(code);
    case EDQUOT:
      return fail(ErrorKind::limit, "the kernel's quota for keys of this user is exhausted");
    case EACCES:
      return fail(ErrorKind::denied, std::string("the kernel does not let us ") + std::string(doing),
                  "Somebody took permissions away from a key. To see them:\n  grep keyberth: /proc/keys");
    default:
      return fail(ErrorKind::internal, std::string("cannot ") + std::string(doing) + " (" + std::strerror(code) + ")");
  }
}

/// Calls the kernel, and again for half a second while it says that the quota is used up: the share of a key that was
/// removed, or of a process that ended, comes back only a moment later.
template <class Call>
long patiently(Host& host, const Call& call) {
  const auto deadline = host.now() + std::chrono::milliseconds(500);
  long result = call();
  while (result < 0 && errno == EDQUOT && host.now() < deadline) {
    host.sleep_until(host.now() + std::chrono::milliseconds(10));
    result = call();
  }
  return result;
}

}  // namespace

// Keys can be read only by those who possess them, and a process possesses what its keyrings link, directly or not. Our
// process keyring will do: it ends with us, so that no session and no other process is changed by our visit.
Result<Keyring> Keyring::open(Host& host) {
  const long persistent =
      patiently(host, [] { return keyctl_get_persistent(static_cast<uid_t>(-1), KEY_SPEC_PROCESS_KEYRING); });
  if (persistent >= 0) {
    return Keyring(host, static_cast<Serial>(persistent), true);
  }
  if (errno != EOPNOTSUPP) {
    return failure("open the user's persistent keyring", errno);
  }
  if (patiently(host, [] { return keyctl_link(KEY_SPEC_USER_KEYRING, KEY_SPEC_PROCESS_KEYRING); }) < 0) {
    return failure("open the user keyring", errno);
  }
  const key_serial_t user = keyctl_get_keyring_ID(KEY_SPEC_USER_KEYRING, 0);
  if (user < 0) {
    return failure("open the user keyring", errno);
  }
  return Keyring(host, user, false);
}

Result<std::optional<Keyring::Found>> Keyring::find(const std::string& description) const {
  const long key = keyctl_search(serial_, kType, description.c_str(), 0);
  if (key >= 0) {
    return Found{.serial = static_cast<Serial>(key)};
  }
  switch (errno) {
    case ENOKEY:
      return std::nullopt;
    case EKEYEXPIRED:
      return Found{.expired = true};
    case EKEYREVOKED:
      return Found{.revoked = true};
    default:
      return failure("search the keyring", errno);
  }
}

Result<std::vector<Keyring::Serial>> Keyring::members() const {
  std::vector<Serial> keys(256);
  while (true) {
    const long bytes = keyctl_read(serial_, reinterpret_cast<char*>(keys.data()), keys.size() * sizeof(Serial));
    if (bytes < 0) {
      return failure("list the keyring", errno);
    }
    const auto count = static_cast<std::size_t>(bytes) / sizeof(Serial);
    const bool complete = count <= keys.size();
    keys.resize(count);
    if (complete) {
      return keys;
    }
  }
}

std::optional<std::string> Keyring::description(Serial key) {
  // "type;uid;gid;permissions;description": the last one may hold semicolons itself.
  std::array<char, kDescriptionLimit + 128> buffer{};
  const long size = keyctl_describe(key, buffer.data(), buffer.size());
  if (size < 1 || static_cast<std::size_t>(size) > buffer.size()) {
    return std::nullopt;
  }
  const std::string_view text(buffer.data(), static_cast<std::size_t>(size) - 1);
  std::size_t start = 0;
  for (int field = 0; field < 4; ++field) {
    start = text.find(';', start);
    if (start == std::string_view::npos) {
      return std::nullopt;
    }
    ++start;
  }
  if (text.substr(0, text.find(';')) != kType) {
    return std::nullopt;
  }
  return std::string(text.substr(start));
}

Result<Secret> Keyring::read(Serial key) {
  std::size_t room = 4096;
  while (true) {
    Secret payload;
    const std::span<char> target = payload.prepare(room);
    const long size = keyctl_read(key, target.data(), target.size());
    if (size < 0) {
      if (errno == ENOKEY || errno == EKEYREVOKED || errno == EKEYEXPIRED) {
        return fail(ErrorKind::not_found, "the key is gone");
      }
      return failure("read the key", errno);
    }
    if (static_cast<std::size_t>(size) <= target.size()) {
      payload.commit(static_cast<std::size_t>(size));
      return payload;
    }
    room = static_cast<std::size_t>(size);
  }
}

Result<Keyring::Serial> Keyring::put(const std::string& description, const Secret& payload) const {
  const long key = patiently(*host_, [&] {
    return long{add_key(kType, description.c_str(), payload.view().data(), payload.size(), serial_)};
  });
  if (key < 0) {
    return failure("add the key", errno);
  }
  // An update keeps, on some kernels, a time-out that somebody put on the former key; a new login has a life of its
  // own. Whoever took away our right to do so wants the time-out.
  (void)keyctl_set_timeout(static_cast<Serial>(key), 0);
  return static_cast<Serial>(key);
}

Result<> Keyring::remove(Serial key) const {
  if (keyctl_unlink(key, serial_) < 0 && errno != ENOENT && errno != ENOKEY) {
    return failure("remove the key", errno);
  }
  return {};
}

}  // namespace keyberth
