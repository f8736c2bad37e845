// SPDX-License-Identifier: Apache-2.0
#include "helpers/pass/gpg_keys.h"

#include <algorithm>
#include <charconv>

#include "common/protocol.h"
#include "common/split.h"

namespace keyberth {
namespace {

constexpr std::size_t kValidity = 1;
constexpr std::size_t kExpires = 6;
constexpr std::size_t kValue = 9;
constexpr std::size_t kCapabilities = 11;

/// The fields of one line, at least as many as are looked at.
std::vector<std::string_view> split_fields(std::string_view line) {
  std::vector<std::string_view> fields = split(line, ':');
  fields.resize(std::max(fields.size(), kCapabilities + 1));
  return fields;
}

/// Seconds since 1970; nothing for a key without an end.
std::optional<std::time_t> parse_time(std::string_view field) {
  std::time_t time = 0;
  const auto [end, problem] = std::from_chars(field.data(), field.data() + field.size(), time);
  return problem == std::errc() && end == field.data() + field.size() ? std::optional(time) : std::nullopt;
}

}  // namespace

std::vector<GpgKey> parse_keys(std::string_view listing) {
  std::vector<GpgKey> keys;
  // Of the part, primary key or subkey, that the line belongs to:
  bool decrypts = false;
  bool is_expired_subkey = false;
  for (const std::string_view line : split(listing, '\n')) {
    const std::vector<std::string_view> fields = split_fields(line);
    const std::string_view type = fields.front();
    const bool is_primary = type == "pub" || type == "sec";
    if (is_primary) {
      keys.emplace_back();
      keys.back().validity = fields[kValidity].empty() ? '-' : fields[kValidity].front();
      keys.back().capabilities = fields[kCapabilities];
      keys.back().expires = parse_time(fields[kExpires]);
    }
    if (is_primary || type == "sub" || type == "ssb") {
      decrypts = fields[kCapabilities].find('e') != std::string_view::npos;
      is_expired_subkey = !is_primary && decrypts && fields[kValidity] == "e";
    }
    if (keys.empty()) {
      continue;
    }
    GpgKey& key = keys.back();
    if (type == "fpr" && key.fingerprint.empty()) {
      key.fingerprint = fields[kValue];
    } else if (type == "fpr" && is_expired_subkey) {
      key.expired_subkeys.emplace_back(fields[kValue]);
    } else if (type == "uid" && key.user_id.empty()) {
      key.user_id = printable(fields[kValue]);
    } else if (type == "grp" && decrypts) {
      key.grips.emplace_back(fields[kValue]);
    }
  }
  return keys;
}

}  // namespace keyberth
