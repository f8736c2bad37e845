// SPDX-License-Identifier: Apache-2.0
#include "helpers/keyctl/keyctl_store.h"

#include <unistd.h>

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include "common/files.h"
#include "common/protocol.h"
#include "helpers/keyctl/quota.h"

namespace keyberth {
namespace {

constexpr std::string_view kPrefix = "keyberth:";

std::string describe(std::string_view server) {
  std::string description(kPrefix);
  description += server;
  return description;
}

Secret pack(const Credential& credential) {
  Secret payload(credential.username);
  payload.push_back('\0');
  payload.append(credential.secret.view());
  return payload;
}

Result<Credential> unpack(const std::string& server, const Secret& payload) {
  const auto size = username_size(payload);
  if (!size) {
    return fail(ErrorKind::damaged, "the login for " + printable(server) + " in the kernel keyring is damaged",
                "Log in again:\n  docker login " + printable(server));
  }
  return Credential{
      .server = server,
      .username = std::string(payload.view().substr(0, *size)),
      .secret = Secret(payload.view().substr(*size + 1)),
  };
}

tl::unexpected<Error> dead(const std::string& server, bool expired) {
  return fail(
      ErrorKind::unavailable,
      "the login for " + printable(server) + " in the kernel keyring " + (expired ? "has expired" : "was revoked"),
      "Log in again:\n  docker login " + printable(server));
}

Error quota_error(std::size_t needed) {
  Error error{.kind = ErrorKind::limit,
              .message = "the kernel's quota for the keys of this user is exhausted",
              .hint =
                  "Log out of registries you no longer use (docker-credential-keyctl list names them):\n"
                  "  docker logout SERVER"};
  if (const auto usage = own_key_usage()) {
    error.message += ": " + in_use(*usage);
    if (needed != 0) {
      error.message += ", this login takes " + std::to_string(needed) + " bytes";
    }
    error.hint +=
        "\nor raise the limit, and write it to /etc/sysctl.d/ to keep it after a reboot:\n  " + raise_quota(*usage).now;
  }
  return error;
}

/// What is stored for one server now. Between finding a key and reading it somebody may log out, or out and in again; a
/// key that has left the keyring is gone, or, when another process still holds it, no longer ours to read.
Result<Credential> read_current(const Keyring& keyring, const std::string& server) {
  constexpr int kTries = 10;
  for (int i = 0;; ++i) {
    auto found = keyring.find(describe(server));
    if (!found) {
      return pass_on(std::move(found));
    }
    if (!found->has_value()) {
      return fail(ErrorKind::not_found, std::string(kNotFound));
    }
    if ((*found)->expired || (*found)->revoked) {
      return dead(server, (*found)->expired);
    }
    auto payload = Keyring::read((*found)->serial);
    if (payload) {
      return unpack(server, *payload);
    }
    const auto again = keyring.find(describe(server));
    const bool same = again && again->has_value() && (*again)->serial == (*found)->serial;
    if (i == kTries || (same && payload.error().kind != ErrorKind::not_found)) {
      return pass_on(std::move(payload));
    }
  }
}

}  // namespace

std::optional<std::string> described_server(std::string_view description) {
  if (!description.starts_with(kPrefix) || description.size() == kPrefix.size()) {
    return std::nullopt;
  }
  return std::string(description.substr(kPrefix.size()));
}

std::optional<std::size_t> username_size(const Secret& payload) {
  const std::size_t size = payload.view().find('\0');
  return size == std::string_view::npos || size == 0 ? std::nullopt : std::optional(size);
}

Result<Keyring> KeyctlStore::open() {
  auto keyring = Keyring::open(host_);
  if (!keyring) {
    return keyring.error().kind == ErrorKind::limit ? tl::unexpected(quota_error(0)) : pass_on(std::move(keyring));
  }
  host_.debug(keyring->is_persistent()
                  ? "kernel keyring: the user's persistent keyring"
                  : "kernel keyring: this kernel has no persistent keyrings, taking the user keyring");
  return keyring;
}

Result<Credential> KeyctlStore::get(std::span<const std::string> keys) {
  auto keyring = open();
  if (!keyring) {
    return pass_on(std::move(keyring));
  }
  for (const std::string& server : keys) {
    if (kPrefix.size() + server.size() > kDescriptionLimit) {
      continue;
    }
    auto credential = read_current(*keyring, server);
    if (credential || credential.error().kind != ErrorKind::not_found) {
      return credential;
    }
  }
  return fail(ErrorKind::not_found, std::string(kNotFound));
}

Result<> KeyctlStore::store(const Credential& credential) {
  const std::string description = describe(credential.server);
  if (description.size() > kDescriptionLimit) {
    return fail(ErrorKind::limit, "the server name has " + std::to_string(credential.server.size()) +
                                      " bytes, the kernel keyring takes at most " +
                                      std::to_string(kDescriptionLimit - kPrefix.size()));
  }
  const Secret payload = pack(credential);
  if (payload.size() > kPayloadLimit) {
    return fail(ErrorKind::limit,
                "user name and secret have " + std::to_string(payload.size() - 1) +
                    " bytes, the kernel keyring takes at most " + std::to_string(kPayloadLimit - 1),
                "Keep the login for " + printable(credential.server) +
                    " in a store without that limit, by this entry of credHelpers in Docker's config.json:\n  \"" +
                    printable(credential.server) + "\": \"pass\"");
  }
  auto keyring = open();
  if (!keyring) {
    return pass_on(std::move(keyring));
  }
  auto key = keyring->put(description, payload);
  if (!key) {
    return key.error().kind == ErrorKind::limit ? tl::unexpected(quota_error(description.size() + 1 + payload.size()))
                                                : pass_on(std::move(key));
  }
  return {};
}

Result<> KeyctlStore::erase(std::span<const std::string> keys) {
  auto keyring = open();
  if (!keyring) {
    return pass_on(std::move(keyring));
  }
  for (const std::string& server : keys) {
    const std::string description = describe(server);
    if (description.size() > kDescriptionLimit) {
      continue;
    }
    auto found = keyring->find(description);
    if (!found) {
      return pass_on(std::move(found));
    }
    if (!found->has_value()) {
      continue;
    }
    Keyring::Serial serial = (*found)->serial;
    if ((*found)->expired || (*found)->revoked) {
      // The kernel does not name keys that cannot be used any more, but puts another in their place. An expired one
      // must not just be left to it: until it is swept, its owner can make it valid again.
      auto replaced = keyring->put(description, Secret("-"));
      if (!replaced) {
        return pass_on(std::move(replaced));
      }
      serial = *replaced;
    }
    KEYBERTH_TRY(keyring->remove(serial));
  }
  return {};
}

Result<std::vector<Entry>> KeyctlStore::list() {
  auto keyring = open();
  if (!keyring) {
    return pass_on(std::move(keyring));
  }
  auto members = keyring->members();
  if (!members) {
    return pass_on(std::move(members));
  }
  std::vector<Entry> entries;
  for (const Keyring::Serial key : *members) {
    const auto server = described_server(Keyring::description(key).value_or(""));
    const auto payload = server ? Keyring::read(key) : fail(ErrorKind::not_found, "");
    const auto size = payload ? username_size(*payload) : std::nullopt;
    if (size) {
      entries.push_back({.server = *server, .username = std::string(payload->view().substr(0, *size))});
    }
  }
  return entries;
}

Result<std::string> KeyctlStore::status(const std::vector<std::string>& arguments) {
  if (!arguments.empty()) {
    return fail(ErrorKind::usage, "status takes no arguments");
  }
  // Looked at before the keyring is opened, because that starts its time anew.
  const auto before = read_file("/proc/keys", std::size_t{16} * 1024 * 1024);
  auto keyring = open();
  if (!keyring) {
    return pass_on(std::move(keyring));
  }
  auto entries = list();
  if (!entries) {
    return pass_on(std::move(entries));
  }
  const std::string uid = std::to_string(getuid());
  std::string text = "Logins:  " + std::to_string(entries->size()) + ", in the " +
                     (keyring->is_persistent() ? "persistent keyring _persistent." : "user keyring _uid.") + uid +
                     " of the kernel\n";
  if (const auto usage = own_key_usage()) {
    text += "Quota:   " + in_use(*usage) + " by all keys of this user\n";
  }
  if (!keyring->is_persistent()) {
    return text + "Expiry:  when the machine restarts or the last process of this user ends\n";
  }
  text += "Expiry:  when the machine restarts";
  if (const auto seconds = idle_limit()) {
    text += ", or after " + spoken(*seconds) + " without any use";
    const auto left = before ? parse_time_left(*before, keyring->serial()) : std::nullopt;
    text += left ? "\n         (" + *left + " were left; this command, like every use, starts the time anew)" : "";
  }
  return text + "\n";
}

}  // namespace keyberth
