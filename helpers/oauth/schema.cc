// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/schema.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "common/protocol.h"
#include "common/utf8.h"

namespace keyberth::oauth {
namespace {

tl::unexpected<Mistake> mistake(const Json& at, std::string message, std::string hint = {}) {
  return tl::unexpected(Mistake{at.begin, std::move(message), std::move(hint)});
}

/// One member that an object may have, and how its value is taken over.
template <class Object>
struct Member {
  std::string_view name;
  Outcome (*take)(const Json& value, Object& into);
};

std::string one_of(const std::vector<std::string_view>& names) {
  std::string text;
  for (const std::string_view name : names) {
    text.append(text.empty() ? "" : ", ").append(name);
  }
  return text;
}

std::string suggestion(std::string_view name, const std::vector<std::string_view>& names) {
  const std::string close = nearest(name, names);
  return close.empty() ? "known here: " + one_of(names) : "did you mean \"" + close + "\"?";
}

template <class Object, std::size_t count>
Outcome apply(const Json& object, Object& into, const std::array<Member<Object>, count>& members) {
  if (object.type != Json::Type::object) {
    return mistake(object, "this must be an object, in braces");
  }
  for (const auto& part : object.object) {
    const std::string& name = part.first;
    const Json& value = part.second;
    const auto member =
        std::find_if(members.begin(), members.end(), [&](const auto& known) { return known.name == name; });
    if (member == members.end()) {
      std::vector<std::string_view> names;
      std::transform(members.begin(), members.end(), std::back_inserter(names),
                     [](const auto& known) { return known.name; });
      return tl::unexpected(
          Mistake{value.name_begin, "\"" + printable(name) + "\" is not known here", suggestion(name, names)});
    }
    if (Outcome taken = member->take(value, into); !taken) {
      return taken;
    }
  }
  return {};
}

Outcome take_text(const Json& value, std::string& into) {
  if (value.type != Json::Type::string) {
    return mistake(value, "this must be text, in quotation marks");
  }
  if (has_control(value.string)) {
    return mistake(value, "this text has a control character");
  }
  into = value.string;
  return {};
}

Outcome take_truth(const Json& value, bool& into) {
  if (value.type != Json::Type::boolean) {
    return mistake(value, "this must be true or false");
  }
  into = value.boolean;
  return {};
}

Outcome take_texts(const Json& value, std::vector<std::string>& into) {
  if (value.type != Json::Type::array) {
    return mistake(value, "this must be a list of texts, in brackets");
  }
  into.clear();
  for (const Json& element : value.array) {
    if (Outcome taken = take_text(element, into.emplace_back()); !taken) {
      return taken;
    }
    if (into.back().empty() || into.back().find(' ') != std::string::npos) {
      return mistake(element, "this must be one word", "give each one its own quotation marks");
    }
  }
  return {};
}

template <class Choice, std::size_t count>
Outcome take_choice(const Json& value, Choice& into,
                    const std::array<std::pair<std::string_view, Choice>, count>& all) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& item) { return item.first == value.string; });
  if (value.type != Json::Type::string || found == all.end()) {
    std::vector<std::string_view> names;
    std::transform(all.begin(), all.end(), std::back_inserter(names), [](const auto& item) { return item.first; });
    return mistake(value, "this must be one of: " + one_of(names),
                   value.type == Json::Type::string ? suggestion(value.string, names) : std::string());
  }
  into = found->second;
  return {};
}

/// A text out of a list, kept as text.
template <std::size_t count>
Outcome take_word(const Json& value, std::string& into, const std::array<std::string_view, count>& words) {
  std::array<std::pair<std::string_view, std::string_view>, count> choices;
  std::transform(words.begin(), words.end(), choices.begin(), [](auto word) { return std::pair(word, word); });
  std::string_view chosen;
  Outcome taken = take_choice(value, chosen, choices);
  if (taken) {
    into = chosen;
  }
  return taken;
}

template <auto member, class Object>
Outcome text(const Json& value, Object& into) {
  return take_text(value, into.*member);
}

template <auto member, class Object>
Outcome truth(const Json& value, Object& into) {
  return take_truth(value, into.*member);
}

template <auto member, class Object>
Outcome texts(const Json& value, Object& into) {
  return take_texts(value, into.*member);
}

template <auto member, class Object>
Outcome pointer(const Json& value, Object& into) {
  Outcome taken = take_text(value, into.*member);
  if (taken && !value.string.empty() && value.string.front() != '/') {
    return mistake(value, "this must be a JSON pointer", "it starts with a slash, as in /data/token");
  }
  return taken;
}

Outcome take_token_kind(const Json& value, std::string& into) {
  return take_word(value, into, std::array<std::string_view, 2>{"access_token", "id_token"});
}

Outcome take_shape(const Json& value, MintRule& mint) {
  static constexpr std::array<std::pair<std::string_view, Shape>, 5> kShapes{{{"access-token", Shape::access_token},
                                                                              {"id-token", Shape::id_token},
                                                                              {"exchange", Shape::exchange},
                                                                              {"acr", Shape::acr},
                                                                              {"http-json", Shape::http_json}}};
  Shape shape = mint.shape;
  Outcome taken = take_choice(value, shape, kShapes);
  if (taken && shape != mint.shape) {
    mint = MintRule{};  // what belonged to the former shape means nothing to this one
    mint.shape = shape;
  }
  return taken;
}

template <auto member, class Object>
Outcome parameters(const Json& value, Object& into) {
  if (value.type != Json::Type::object) {
    return mistake(value, "this must be an object of texts, in braces");
  }
  for (const auto& [name, parameter] : value.object) {
    if (Outcome taken = take_text(parameter, (into.*member)[name]); !taken) {
      return taken;
    }
  }
  return {};
}

Outcome take_mint(const Json& value, Rule& rule) {
  static constexpr std::array<Member<MintRule>, 16> kMembers{{
      {"shape", [](const Json&, MintRule&) { return Outcome(); }},
      {"audience", text<&MintRule::audience>},
      {"resource", text<&MintRule::resource>},
      {"scope", text<&MintRule::scope>},
      {"subject", [](const Json& member, MintRule& mint) { return take_token_kind(member, mint.subject); }},
      {"requested_type", text<&MintRule::requested_type>},
      {"endpoint", text<&MintRule::endpoint>},
      {"method",
       [](const Json& member, MintRule& mint) {
         return take_word(member, mint.method, std::array<std::string_view, 3>{"GET", "POST", "PUT"});
       }},
      {"authentication",
       [](const Json& member, MintRule& mint) {
         return take_word(member, mint.authentication,
                          std::array<std::string_view, 4>{"bearer", "basic", "form", "json"});
       }},
      {"basic_user", text<&MintRule::basic_user>},
      {"token", [](const Json& member, MintRule& mint) { return take_token_kind(member, mint.token); }},
      {"parameters", parameters<&MintRule::parameters>},
      {"secret_field", pointer<&MintRule::secret_field>},
      {"expires_field", pointer<&MintRule::expires_field>},
      {"pair", truth<&MintRule::pair>},
      {"tenant", text<&MintRule::tenant>},
  }};
  if (value.type == Json::Type::string) {
    return take_shape(value, rule.mint);
  }
  if (const Json* shape = value.find("shape"); shape != nullptr) {
    if (Outcome taken = take_shape(*shape, rule.mint); !taken) {
      return taken;
    }
  }
  return apply(value, rule.mint, kMembers);
}

Outcome take_username(const Json& value, Rule& rule) {
  using Source = UsernameRule::Source;
  static constexpr std::array<Member<UsernameRule>, 4> kMembers{{
      {"literal",
       [](const Json& member, UsernameRule& username) {
         username.source = Source::literal;
         return take_text(member, username.value);
       }},
      {"claim",
       [](const Json& member, UsernameRule& username) {
         username.source = Source::claim;
         return take_text(member, username.value);
       }},
      {"field",
       [](const Json& member, UsernameRule& username) {
         username.source = Source::field;
         return pointer<&UsernameRule::value>(member, username);
       }},
      {"until",
       [](const Json& member, UsernameRule& username) {
         Outcome taken = take_text(member, username.until);
         return taken && username.until.empty()
                    ? mistake(member, "a name cannot end before nothing", "write what it ends before, such as \"@\"")
                    : taken;
       }},
  }};
  rule.username = UsernameRule{};  // a name is taken from one place, the last that was written
  if (value.type == Json::Type::string) {
    return take_text(value, rule.username.value);
  }
  if (Outcome taken = apply(value, rule.username, kMembers); !taken) {
    return taken;
  }
  const auto is_source = [](const auto& member) { return member.first != "until"; };
  if (std::count_if(value.object.begin(), value.object.end(), is_source) != 1) {
    return mistake(value, "this must be a name, or one of {\"claim\": ...}, {\"field\": ...}, {\"literal\": ...}");
  }
  return {};
}

Outcome take_realm_hosts(const Json& value, Rule& rule) {
  if (Outcome taken = take_texts(value, rule.realm_hosts); !taken) {
    return taken;
  }
  for (std::size_t i = 0; i < rule.realm_hosts.size(); ++i) {
    const auto host = registry_host(rule.realm_hosts[i]);
    if (!host) {
      return mistake(value.array[i], "this must be a host or host:port");
    }
    rule.realm_hosts[i] = *host;
  }
  return {};
}

Outcome take_endpoints(const Json& value, Rule& rule) {
  static constexpr std::array<Member<Rule>, 4> kMembers{{{"device", text<&Rule::device_endpoint>},
                                                         {"authorization", text<&Rule::authorization_endpoint>},
                                                         {"token", text<&Rule::token_endpoint>},
                                                         {"revocation", text<&Rule::revocation_endpoint>}}};
  return apply(value, rule, kMembers);
}

Outcome take_answer(const Json& value, Rule& rule) {
  static constexpr std::array<std::pair<std::string_view, bool>, 2> kAnswers{{{"password", false}, {"token", true}}};
  return take_choice(value, rule.answer_token, kAnswers);
}

constexpr std::array<Member<Rule>, 18> kRule{{{"preset", text<&Rule::preset>},
                                              {"issuer", text<&Rule::issuer>},
                                              {"client_id", text<&Rule::client_id>},
                                              {"client_secret", text<&Rule::client_secret>},
                                              {"scopes", texts<&Rule::scopes>},
                                              {"resource", text<&Rule::resource>},
                                              {"audience", text<&Rule::audience>},
                                              {"authorization_parameters", parameters<&Rule::authorization_parameters>},
                                              {"endpoints", take_endpoints},
                                              {"mint", take_mint},
                                              {"username", take_username},
                                              {"answer", take_answer},
                                              {"session", text<&Rule::session>},
                                              {"realm_hosts", take_realm_hosts},
                                              {"ca_file", text<&Rule::ca_file>},
                                              {"client_certificate", text<&Rule::client_certificate>},
                                              {"client_key", text<&Rule::client_key>},
                                              {"allow_http_loopback", truth<&Rule::allow_http_loopback>}}};

Outcome take_vault(const Json& value, Config& config) {
  if (Outcome taken = take_text(value, config.vault); !taken) {
    return taken;
  }
  const std::string& name = config.vault;
  if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") != std::string::npos || name.empty()) {
    return mistake(value, "this must be the end of a program's name, docker-credential-NAME",
                   "for example \"secretservice\", \"pass\" or \"keyctl\"");
  }
  if (name == "oauth") {
    return mistake(value, "docker-credential-oauth cannot be its own vault",
                   "name the helper that is to keep the sessions: \"secretservice\", \"pass\" or \"keyctl\"");
  }
  return {};
}

Outcome take_interactive(const Json& value, Config& config) {
  static constexpr std::array<std::pair<std::string_view, Interactive>, 2> kChoices{
      {{"never", Interactive::never}, {"tty", Interactive::tty}}};
  return take_choice(value, config.interactive, kChoices);
}

Outcome look_at_registries(const Json& value, Config& /*config*/) {
  return value.type == Json::Type::object ? Outcome()
                                          : mistake(value, "this must be an object, in braces: registry to rule");
}

/// Levenshtein's distance, ignoring case.
std::size_t distance(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (lower(a[i]) == lower(b[j]) ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j + 1] + 1, row[j] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

Outcome apply_settings(const Json& file, Config& config) {
  static constexpr std::array<Member<Config>, 3> kMembers{
      {{"vault", take_vault}, {"interactive", take_interactive}, {"registries", look_at_registries}}};
  return apply(file, config, kMembers);
}

Outcome apply_rule(const Json& object, Rule& rule) {
  const auto issuer = object.text("issuer");
  if (issuer && *issuer != rule.issuer) {
    for (std::string Rule::*endpoint :
         {&Rule::device_endpoint, &Rule::authorization_endpoint, &Rule::token_endpoint, &Rule::revocation_endpoint}) {
      if ((rule.*endpoint).find("{issuer}") == std::string::npos) {
        (rule.*endpoint).clear();
      }
    }
  }
  return apply(object, rule, kRule);
}

std::string nearest(std::string_view name, const std::vector<std::string_view>& names) {
  std::string_view best;
  std::size_t least = 1 + std::max<std::size_t>(name.size(), 3) / 3;
  for (const std::string_view candidate : names) {
    if (const std::size_t steps = distance(name.substr(0, 100), candidate); steps <= least) {
      least = steps - std::min<std::size_t>(steps, 1);
      best = candidate;
    }
  }
  return std::string(best);
}

}  // namespace keyberth::oauth
