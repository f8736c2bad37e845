// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/net/challenge.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "common/protocol.h"
#include "common/split.h"
#include "helpers/oauth/config.h"
#include "helpers/oauth/usage.h"

namespace keyberth::oauth {
namespace {

constexpr std::size_t kHeaderLimit = 16384;
constexpr std::size_t kNameLimit = 255;
constexpr std::array<std::string_view, 4> kActions{"pull", "push", "delete", "*"};

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

/// RFC 7230 section 3.2.6.
bool is_token_character(char c) {
  return is_letter_or_digit(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text.substr(0, kHeaderLimit)) {}

  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }

  void skip_blank() { skip(" \t"); }
  void skip_separators() { skip(" \t,"); }

  bool take(char wanted) {
    const bool there = !at_end() && text_[at_] == wanted;
    at_ += there ? 1U : 0U;
    return there;
  }

  std::string_view token() {
    const std::size_t start = at_;
    while (!at_end() && is_token_character(text_[at_])) {
      ++at_;
    }
    return text_.substr(start, at_ - start);
  }

  /// token68 (RFC 7235): what Basic-like schemes put in the place of parameters.
  void skip_token68() {
    while (!at_end() && (is_token_character(text_[at_]) || text_[at_] == '/')) {
      ++at_;
    }
    skip("=");
  }

  std::optional<std::string> quoted() {
    std::string value;
    while (!at_end()) {
      const char c = text_[at_++];
      if (c == '"') {
        return value;
      }
      if (c == '\\' && at_end()) {
        return std::nullopt;
      }
      value += c == '\\' ? text_[at_++] : c;
    }
    return std::nullopt;
  }

  /// A parameter `name = value`, or nothing and no step forward.
  std::optional<std::pair<std::string, std::string>> parameter() {
    const std::size_t start = at_;
    const std::string name = lower(token());
    skip_blank();
    if (!name.empty() && take('=')) {
      skip_blank();
      std::optional<std::string> value = take('"') ? quoted() : std::optional(std::string(token()));
      skip_blank();
      // Anything but the end or a comma behind a value makes it no parameter (token68 ends with "=").
      if (value && (at_end() || text_[at_] == ',')) {
        return std::pair(name, std::move(*value));
      }
    }
    at_ = start;
    return std::nullopt;
  }

 private:
  void skip(std::string_view what) { at_ = std::min(text_.find_first_not_of(what, at_), text_.size()); }

  std::string_view text_;
  std::size_t at_ = 0;
};

bool is_name(std::string_view text, std::string_view more) {
  return !text.empty() && text.size() <= kNameLimit && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_letter_or_digit(c) || more.find(c) != std::string_view::npos;
  });
}

/// One or more between commas of those that the distribution specification knows for a repository; a registry silently
/// leaves out what it does not know.
bool are_actions(std::string_view text) {
  const std::vector<std::string_view> actions = split(text, ',');
  return !text.empty() && !text.ends_with(',') &&
         std::all_of(actions.begin(), actions.end(), [](std::string_view action) {
           return std::find(kActions.begin(), kActions.end(), action) != kActions.end();
         });
}

/// Path components of lower-case letters, digits and single separators, as registries take them.
bool is_repository(std::string_view text) {
  return is_name(text, "._-/") && lower(text) == text && is_letter_or_digit(text.front()) &&
         is_letter_or_digit(text.back()) && text.find("//") == std::string_view::npos &&
         text.find("..") == std::string_view::npos;
}

}  // namespace

std::vector<Challenge> parse_challenges(std::string_view header) {
  std::vector<Challenge> challenges;
  Reader reader(header);
  while (true) {
    reader.skip_separators();
    Challenge challenge{lower(reader.token()), {}};
    if (challenge.scheme.empty()) {
      return challenges;
    }
    reader.skip_blank();
    bool is_clear = true;
    bool has_parameters = false;
    while (auto parameter = reader.parameter()) {
      has_parameters = true;
      is_clear = challenge.parameters.insert(std::move(*parameter)).second && is_clear;
      if (!reader.take(',')) {
        break;
      }
      reader.skip_separators();
    }
    if (!has_parameters) {
      // Either token68, or nothing and the next challenge behind a comma.
      Reader ahead = reader;
      ahead.skip_token68();
      ahead.skip_blank();
      if (ahead.at_end() || ahead.take(',')) {
        reader = ahead;
      }
    }
    if (is_clear) {
      challenges.push_back(std::move(challenge));
    }
  }
}

std::optional<Challenge> bearer_challenge(const std::vector<std::string>& headers) {
  for (const std::string& header : headers) {
    for (Challenge& challenge : parse_challenges(header)) {
      if (challenge.scheme == "bearer" && challenge.parameters.contains("realm")) {
        return std::move(challenge);
      }
    }
  }
  return std::nullopt;
}

Result<Wanted> parse_wanted(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::optional<std::string> registry = registry_host(text.substr(0, slash));
  if (!registry) {
    return fail(ErrorKind::usage, usage("token", kTokenOptions),
                "no address of a registry: " + printable(text.substr(0, slash)));
  }
  std::string_view repository = text.substr(std::min(slash + 1, text.size()));
  if (repository.empty()) {
    return Wanted{*registry, ""};
  }
  const std::size_t colon = std::min(repository.find(':'), repository.size());
  const std::string_view actions = colon == repository.size() ? "pull" : repository.substr(colon + 1);
  repository = repository.substr(0, colon);
  if (!is_repository(repository)) {
    return fail(ErrorKind::usage, usage("token", kTokenOptions), "no name of a repository: " + printable(repository));
  }
  if (!are_actions(actions)) {
    return fail(ErrorKind::usage, usage("token", kTokenOptions),
                "the actions are pull, push, delete and *, with commas between them, not: " + printable(actions));
  }
  std::string scope = "repository:" + std::string(repository);
  scope.append(":").append(actions);
  return Wanted{*registry, scope};
}

}  // namespace keyberth::oauth
