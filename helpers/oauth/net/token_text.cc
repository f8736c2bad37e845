// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/net/token_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>

#include "common/protocol.h"
#include "common/split.h"
#include "helpers/oauth/json.h"
#include "helpers/oauth/net/jwt.h"

namespace keyberth::oauth {
namespace {

constexpr std::size_t kLineLimit = 300;
constexpr std::size_t kMostGrants = 50;
constexpr double kLatest = 253402300799;  // the end of the year 9999

bool has_action(const Json& entry, std::string_view action) {
  const Json* actions = entry.find("actions");
  return actions != nullptr && std::any_of(actions->array.begin(), actions->array.end(),
                                           [&](const Json& one) { return one.string == action || one.string == "*"; });
}

std::string line(std::string_view name, std::string_view text) {
  std::string result = "  " + std::string(name);
  result.resize(12, ' ');
  return result + printable(text, kLineLimit) + "\n";
}

/// A text, or several of them.
std::string words(const Json* value) {
  if (value == nullptr) {
    return {};
  }
  std::string text = value->string;
  for (const Json& one : value->array) {
    text += (text.empty() ? "" : ", ") + one.string;
  }
  return text;
}

std::string time_line(std::string_view name, const Json& claims, const char* claim, UnixTime now) {
  const std::optional<double> value = claims.amount(claim);
  if (!value || *value < 0 || *value > kLatest) {
    return {};
  }
  const auto when = static_cast<std::time_t>(std::floor(*value));
  std::tm parts{};
  std::array<char, 64> text{};
  (void)gmtime_r(&when, &parts);
  (void)std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts);
  const UnixTime distance = when - now;
  return line(name, std::string(text.data()) + (distance >= 0 ? ", in " + std::to_string(distance) + " s"
                                                              : ", " + std::to_string(-distance) + " s ago"));
}

std::string grant_lines(const Json* access) {
  if (access == nullptr || access->array.empty()) {
    return line("grants", "nothing");
  }
  std::string text;
  const std::size_t count = std::min(access->array.size(), kMostGrants);
  for (std::size_t i = 0; i < count; ++i) {
    const Json& entry = access->array[i];
    const std::string actions = words(entry.find("actions"));
    text += line("grants", entry.text("type").value_or("?") + " " + entry.text("name").value_or("?") + ": " +
                               (actions.empty() ? "nothing" : actions));
  }
  return text + (count < access->array.size() ? line("", "and more") : "");
}

}  // namespace

std::optional<bool> grants(std::string_view token, const std::string& scope) {
  const Result<Json> claims = jwt_claims(token);
  const Json* access = claims ? claims->find("access") : nullptr;
  if (access == nullptr || access->type != Json::Type::array) {
    return std::nullopt;
  }
  if (scope.empty()) {
    return true;
  }
  const std::size_t first = scope.find(':');
  const std::size_t last = scope.rfind(':');
  const std::string name = scope.substr(first + 1, last - first - 1);
  const std::vector<std::string_view> actions = split(std::string_view(scope).substr(last + 1), ',');
  return std::all_of(actions.begin(), actions.end(), [&](std::string_view action) {
    return std::any_of(access->array.begin(), access->array.end(), [&](const Json& entry) {
      return entry.text("type") == scope.substr(0, first) && entry.text("name") == name && has_action(entry, action);
    });
  });
}

std::string explain_token(const RegistryToken& token, UnixTime now) {
  const Result<Json> claims = jwt_claims(token.token.view());
  std::string text;
  if (!claims) {
    text = line("kind", "opaque: only the registry knows what it grants") +
           line("lifetime", std::to_string(std::llround(std::clamp(token.life, 0.0, kLatest))) + " s");
  } else {
    text = line("kind", "JWT; read without a check of its signature");
    for (const auto& [name, claim] : {std::pair{"issuer", "iss"}, {"audience", "aud"}, {"subject", "sub"}}) {
      if (const std::string value = words(claims->find(claim)); !value.empty()) {
        text += line(name, value);
      }
    }
    text += grant_lines(claims->find("access")) + time_line("issued", *claims, "iat", now) +
            time_line("expires", *claims, "exp", now);
  }
  return text + (token.refreshable ? line("besides", "the server gave a refresh token, which is not shown") : "");
}

}  // namespace keyberth::oauth
