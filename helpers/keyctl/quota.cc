// SPDX-License-Identifier: Apache-2.0
#include "helpers/keyctl/quota.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <utility>

#include "common/files.h"
#include "common/split.h"

namespace keyberth {
namespace {

struct Unit {
  char letter;  ///< in /proc/keys
  std::uint64_t seconds;
  std::string_view name;
};
constexpr std::array<Unit, 5> kUnits = {
    {{'w', 604800, "week"}, {'d', 86400, "day"}, {'h', 3600, "hour"}, {'m', 60, "minute"}, {'s', 1, "second"}}};

std::string plural(std::uint64_t count, std::string_view name) {
  return std::to_string(count) + " " + std::string(name) + (count == 1 ? "" : "s");
}

/// Cuts the next word, up to white space, off the front of `line`.
std::string_view next_word(std::string_view& line) {
  constexpr std::string_view kSpace = " \t";
  const std::size_t start = line.find_first_not_of(kSpace);
  line.remove_prefix(start == std::string_view::npos ? line.size() : start);
  const std::string_view word = line.substr(0, line.find_first_of(kSpace));
  line.remove_prefix(word.size());
  return word;
}

template <class Number>
std::optional<Number> parse_number(std::string_view word, int base = 10) {
  Number value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value, base);
  if (error != std::errc() || end != word.data() + word.size()) {
    return std::nullopt;
  }
  return value;
}

/// "12/200": what is used and what is allowed.
std::optional<std::pair<std::uint64_t, std::uint64_t>> parse_share(std::string_view word) {
  const std::size_t slash = word.find('/');
  if (slash == std::string_view::npos) {
    return std::nullopt;
  }
  const auto used = parse_number<std::uint64_t>(word.substr(0, slash));
  const auto limit = parse_number<std::uint64_t>(word.substr(slash + 1));
  if (!used || !limit) {
    return std::nullopt;
  }
  return std::pair(*used, *limit);
}

}  // namespace

std::optional<KeyUsage> parse_key_users(std::string_view text, unsigned uid) {
  for (std::string_view line : split(text, '\n')) {
    if (next_word(line) != std::to_string(uid) + ":") {
      continue;
    }
    next_word(line);  // usage count
    next_word(line);  // keys and instantiated keys
    const auto keys = parse_share(next_word(line));
    const auto bytes = parse_share(next_word(line));
    if (keys && bytes) {
      return KeyUsage{
          .keys = keys->first, .key_limit = keys->second, .bytes = bytes->first, .byte_limit = bytes->second};
    }
  }
  return std::nullopt;
}

std::optional<std::string> parse_time_left(std::string_view text, std::int32_t serial) {
  for (std::string_view line : split(text, '\n')) {
    if (parse_number<std::int32_t>(next_word(line), 16) != serial) {
      continue;
    }
    next_word(line);  // flags
    next_word(line);  // usage count
    const std::string_view left = next_word(line);
    const auto unit = left.empty() ? kUnits.end() : std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& known) {
      return known.letter == left.back();
    });
    const auto number = parse_number<std::uint64_t>(left.substr(0, left.size() - (left.empty() ? 0 : 1)));
    if (unit == kUnits.end() || !number) {
      return std::nullopt;  // "perm" or "expd"
    }
    return plural(*number, unit->name);
  }
  return std::nullopt;
}

std::vector<DeadKey> parse_dead_keys(std::string_view text) {
  std::vector<DeadKey> dead;
  for (std::string_view line : split(text, '\n')) {
    const auto serial = parse_number<std::uint32_t>(next_word(line), 16);
    const std::string_view flags = next_word(line);
    next_word(line);  // usage count
    const bool is_expired = next_word(line) == "expd";
    for (int field = 0; field < 3; ++field) {
      next_word(line);  // permissions, uid, gid
    }
    if (!serial || (!is_expired && flags.find('R') == std::string_view::npos) || next_word(line) != "user") {
      continue;
    }
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    // "DESCRIPTION: SIZE"; a revoked key has no size any more.
    const std::size_t end = line.rfind(": ");
    const bool has_size = end != std::string_view::npos && parse_number<std::size_t>(line.substr(end + 2));
    dead.push_back({static_cast<std::int32_t>(*serial), std::string(line.substr(0, has_size ? end : line.size()))});
  }
  return dead;
}

std::string spoken(std::uint64_t seconds) {
  const auto unit = std::find_if(kUnits.begin() + 1, kUnits.end() - 1, [&](const Unit& known) {
    return seconds >= known.seconds && seconds % known.seconds == 0;
  });
  return plural(seconds / unit->seconds, unit->name);
}

std::string in_use(const KeyUsage& usage) {
  return std::to_string(usage.bytes) + " of " + std::to_string(usage.byte_limit) + " bytes and " +
         std::to_string(usage.keys) + " of " + std::to_string(usage.key_limit) + " keys in use";
}

// The limits of root have names of their own, and who is root in a user namespace only does not have them.
LargerQuota raise_quota(const KeyUsage& usage) {
  const auto root_limit = read_file("/proc/sys/kernel/keys/root_maxbytes", 64);
  const bool root = root_limit && *root_limit == std::to_string(usage.byte_limit) + "\n";
  const std::string sudo = root ? "" : "sudo ";
  const std::string prefix = root ? " kernel.keys.root_" : " kernel.keys.";
  const std::string settings = prefix + "maxbytes=" + std::to_string(10 * usage.byte_limit) + prefix +
                               "maxkeys=" + std::to_string(10 * usage.key_limit);
  return {sudo + "sysctl" + settings,
          "printf '%s\\n'" + settings + " | " + sudo + "tee /etc/sysctl.d/60-keyberth.conf"};
}

std::optional<KeyUsage> own_key_usage() {
  const auto text = read_file("/proc/key-users", std::size_t{1024} * 1024);
  return text ? parse_key_users(*text, getuid()) : std::nullopt;
}

std::optional<std::uint64_t> idle_limit() {
  const auto text = read_file("/proc/sys/kernel/keys/persistent_keyring_expiry", 64);
  const auto seconds =
      text ? parse_number<std::uint64_t>(std::string_view(*text).substr(0, text->find('\n'))) : std::nullopt;
  return seconds == 0 ? std::nullopt : seconds;
}

}  // namespace keyberth
