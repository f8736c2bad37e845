// SPDX-License-Identifier: Apache-2.0
#include "helpers/keyctl/keyctl_doctor.h"

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>

#include "common/client_files.h"
#include "common/files.h"
#include "common/process.h"
#include "common/protocol.h"
#include "helpers/keyctl/keyctl_store.h"
#include "helpers/keyctl/keyring.h"
#include "helpers/keyctl/quota.h"

namespace keyberth {
namespace {

/// What a login with a long token takes: 4 KiB, the key's name, the user name.
constexpr std::uint64_t kTypicalLogin = 4096 + 128;
constexpr std::uint64_t kFull = 80;  ///< per cent
constexpr std::uint64_t kDay = std::uint64_t{24} * 60 * 60;

using State = Check::State;

/// With a filter in the way, only whoever starts the container can help, or another store.
Check examine_refusal(const Error& error) {
  if (error.kind != ErrorKind::denied) {
    return problem("kernel keyring", error);
  }
  return {"kernel keyring", State::problem,
          error.message +
              "; start the container with a seccomp profile that allows add_key, keyctl and request_key, or " +
              "take another store",
          "docker-credential-pass init --no-passphrase\ndocker-credential-pass configure"};
}

Check examine_quota() {
  const auto usage = own_key_usage();
  if (!usage) {
    return {"quota", State::note, "/proc/key-users does not say how much room is left", ""};
  }
  const LargerQuota larger = raise_quota(*usage);
  const std::string remedy = larger.now + "\n" + larger.ever;
  if (usage->bytes + kTypicalLogin > usage->byte_limit || usage->keys + 1 > usage->key_limit) {
    return {"quota", State::problem, in_use(*usage) + ": a login with a token of 4 KiB does not fit any more", remedy};
  }
  if (usage->bytes * 100 > usage->byte_limit * kFull || usage->keys * 100 > usage->key_limit * kFull) {
    return {"quota", State::note, in_use(*usage) + ": little room is left", remedy};
  }
  return {"quota", State::ok, in_use(*usage), ""};
}

/// `keys` is /proc/keys from before the keyring was opened, which starts its time anew.
Check examine_expiry(const Keyring& keyring, const std::string& keys) {
  if (!keyring.is_persistent()) {
    return {"expiry", State::note,
            "this kernel has no persistent keyrings: logins end with the last process of this user, at the latest when "
            "the machine restarts",
            "sudo loginctl enable-linger \"$(id -un)\""};
  }
  const auto limit = idle_limit();
  if (!limit) {
    return {"expiry", State::ok, "logins are kept until the machine restarts", ""};
  }
  const auto left = parse_time_left(keys, keyring.serial());
  const std::string finding = "logins are kept until the machine restarts, or nothing has used them for " +
                              spoken(*limit) + (left ? " (" + *left + " were left before this look)" : "");
  if (*limit < kDay) {
    return {"expiry", State::note, finding,
            "sudo sysctl kernel.keys.persistent_keyring_expiry=" + std::to_string(3 * kDay)};
  }
  return {"expiry", State::ok, finding, ""};
}

/// Whether this is a user namespace, whose keyrings nobody outside sees. The first one maps every id to itself.
bool is_in_namespace() {
  constexpr std::uint64_t kEveryId = 4294967295;
  const auto map = read_file("/proc/self/uid_map", 4096);
  if (!map) {
    return false;
  }
  std::string words;
  for (const char letter : *map) {
    const bool is_blank = letter == ' ' || letter == '\n';
    if (!is_blank || !words.ends_with(' ')) {
      words += is_blank ? ' ' : letter;
    }
  }
  return words != " 0 0 " + std::to_string(kEveryId) + " ";
}

/// Where there is docker, podman may be used for nothing that needs a login.
Check examine_reach(const Host& host, const Keyring& keyring) {
  const std::string name = (keyring.is_persistent() ? "_persistent." : "_uid.") + std::to_string(getuid());
  if (is_in_namespace()) {
    return {"reach", State::note,
            "the keyring " + name +
                " of this user namespace only: programs outside it, and in other containers, have " +
                "logins of their own",
            ""};
  }
  const Clients clients = clients_of(host);
  const std::string why = beyond_podman(host);
  if (clients.containers && !why.empty()) {
    return {"reach", clients.docker ? State::note : State::problem, why,
            "See which other store works here and how to take it:\n  docker-credential-keyctl doctor --all"};
  }
  return {"reach", State::ok,
          "the keyring " + name + ": every process of this user has it, cron jobs and ssh sessions as well", ""};
}

/// `keys` is /proc/keys.
Check examine_logins(const Keyring& keyring, const std::string& keys) {
  const auto members = keyring.members();
  if (!members) {
    return problem("logins", members.error());
  }
  std::size_t whole = 0;
  std::vector<std::string> broken;
  for (const Keyring::Serial key : *members) {
    const auto server = described_server(Keyring::description(key).value_or(""));
    const auto payload = server ? Keyring::read(key) : fail(ErrorKind::not_found, "");
    if (payload && username_size(*payload)) {
      ++whole;
    } else if (payload || payload.error().kind != ErrorKind::not_found) {
      broken.push_back(*server);
    }
  }
  for (const DeadKey& key : parse_dead_keys(keys)) {
    const auto server = described_server(key.description);
    if (server && std::find(members->begin(), members->end(), key.serial) != members->end()) {
      broken.push_back(*server);
    }
  }
  if (broken.empty()) {
    return {"logins", State::ok, std::to_string(whole), ""};
  }
  std::string names;
  std::string remedy;
  for (const std::string& server : broken) {
    names += (names.empty() ? "" : ", ") + printable(server);
    remedy += (remedy.empty() ? "docker login " : "\ndocker login ") + shell_word(server);
  }
  return {"logins", State::problem, "expired, revoked or damaged: the login of " + names, remedy, true};
}

}  // namespace

std::string beyond_podman(const Host& host) {
  return geteuid() == 0 || is_in_namespace() || find_program(host, "podman").empty()
             ? ""
             : "podman asks in a user namespace of its own, where the kernel has another keyring without these logins";
}

std::vector<Check> examine_keyctl(Host& host) {
  const auto keys = read_file("/proc/keys", std::size_t{16} * 1024 * 1024);
  const auto keyring = Keyring::open(host);
  if (!keyring) {
    const bool is_full = keyring.error().kind == ErrorKind::limit;
    return {is_full ? examine_quota() : examine_refusal(keyring.error())};
  }
  return {{"kernel keyring", State::ok, "may be used here", ""},
          examine_quota(),
          examine_expiry(*keyring, keys.value_or("")),
          examine_reach(host, *keyring),
          examine_logins(*keyring, keys.value_or(""))};
}

}  // namespace keyberth
