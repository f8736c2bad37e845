// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/edit.h"

#include <algorithm>
#include <utility>

#include "common/utf8.h"

namespace keyberth::oauth {
namespace {

constexpr std::size_t kStep = 2;

/// A value as people write it: objects over several lines, everything else in one.
std::string pretty(const Json& value, std::size_t indent) {  // NOLINT(misc-no-recursion)
  if (value.type != Json::Type::object || value.object.empty()) {
    return std::string(write_json(value).view());
  }
  const std::string margin(indent + kStep, ' ');
  std::string text = "{";
  for (const auto& [name, member] : value.object) {
    text += text.size() > 1 ? ",\n" : "\n";
    text += margin + std::string(write_json(Json::of(name)).view()) + ": " + pretty(member, indent + kStep);
  }
  return text + "\n" + std::string(indent, ' ') + "}";
}

/// The text with a member of `object`, a part of it, set to `value`.
std::string with_member(std::string text, const Json& object, const std::string& name, const Json& value,
                        std::size_t depth) {
  const std::string written = pretty(value, depth * kStep);
  if (const Json* member = object.find(name); member != nullptr) {
    return text.replace(member->begin, member->end - member->begin, written);
  }
  const std::size_t brace = object.end - 1;
  // In front of the closing brace and the white space before it: what stands there may be a comment to its line's end.
  const std::size_t behind = text.find_last_not_of(" \t\r\n", brace - 1) + 1;
  std::string tail = "\n" + std::string((depth - 1) * kStep, ' ') + text.substr(brace);
  std::string head = text.substr(0, behind);
  if (!object.object.empty()) {
    head.insert(object.object.back().second.end, ",");
  }
  head.append("\n").append(depth * kStep, ' ').append(write_json(Json::of(name)).view()).append(": ");
  return head + written + tail;
}

const Json& registries_of(const Json& tree) {
  static const Json kNone = Json::make_object();
  const Json* registries = tree.find("registries");
  return registries == nullptr ? kNone : *registries;
}

/// The name under which the file has this registry; the registry itself when it has none.
std::string name_in_file(const Json& registries, const std::string& registry) {
  const auto found = std::find_if(registries.object.begin(), registries.object.end(), [&](const auto& member) {
    const Result<std::string> pattern = registry_pattern(member.first);
    return pattern && *pattern == registry;
  });
  return found == registries.object.end() ? registry : found->first;
}

void drop(Json& object, std::string_view name) {
  std::erase_if(object.object, [&](const auto& member) { return member.first == name; });
}

/// Endpoints belong to one provider; those that follow the issuer stay.
void drop_endpoints(Json& rule) {
  if (const Json* endpoints = rule.find("endpoints"); endpoints != nullptr) {
    Json left = *endpoints;
    std::erase_if(left.object, [](const auto& one) { return one.second.string.find("{issuer}") == std::string::npos; });
    rule.set("endpoints", std::move(left));
  }
}

std::string shape_of(const Json& mint) {
  return mint.type == Json::Type::string ? mint.string : mint.text("shape").value_or("");
}

/// `mint` of a rule with that of another laid over it. What belonged to another shape means nothing to the new one.
Json mint_over(const Json* base, const Json& part) {
  if (base == nullptr || (!shape_of(part).empty() && shape_of(part) != shape_of(*base))) {
    return part;
  }
  Json mint = *base;
  if (mint.type == Json::Type::string) {
    mint = Json::make_object();
    mint.set("shape", Json::of(std::string_view(base->string)));
  }
  for (const auto& [name, value] : part.object) {
    const Json* former = mint.find(name);
    Json merged = former != nullptr && former->type == Json::Type::object ? *former : value;
    for (const auto& [parameter, text] : value.object) {
      merged.set(parameter, text);
    }
    mint.set(name, std::move(merged));
  }
  return mint;
}

bool changes(const Json& rule, const char* name, const std::string& value) {
  return !value.empty() && rule.text(name) != value;
}

Json new_rule(Json rule, const Remembered& what) {
  const bool other_issuer = changes(rule, "issuer", what.issuer);
  if (other_issuer) {
    drop_endpoints(rule);
  }
  if (other_issuer || changes(rule, "client_id", what.client_id)) {
    drop(rule, "client_secret");
  }
  for (const auto& [name, value] : {std::pair<const char*, const std::string&>{"preset", what.preset},
                                    {"issuer", what.issuer},
                                    {"client_id", what.client_id}}) {
    if (!value.empty()) {
      rule.set(name, Json::of(std::string_view(value)));
    }
  }
  if (!what.scopes.empty()) {
    rule.set("scopes", Json::of(what.scopes));
  }
  return rule;
}

}  // namespace

Json laid_over(Json base, const Json& part) {
  if (const auto issuer = part.text("issuer"); issuer && base.text("issuer") != *issuer) {
    drop_endpoints(base);
  }
  for (const auto& [name, value] : part.object) {
    const Json* former = base.find(name);
    if (name == "mint") {
      base.set(name, mint_over(former, value));
    } else if ((name == "endpoints" || name == "authorization_parameters") && former != nullptr) {
      Json all = *former;
      for (const auto& [part_name, part_value] : value.object) {
        all.set(part_name, part_value);
      }
      base.set(name, std::move(all));
    } else {
      base.set(name, value);
    }
  }
  return base;
}

std::string with_rule(const std::string& text, const Json& tree, const Remembered& what, const Json& start) {
  Json root = tree;
  std::string result = text;
  const JsonOptions options{.comments = true, .limit = text.size() + 65536};
  if (trim(text).empty()) {
    result = "{\n}\n";
    root = *parse_json(result, options);
  }
  if (!what.vault.empty() && root.text("vault") != what.vault) {
    result = with_member(std::move(result), root, "vault", Json::of(std::string_view(what.vault)), 1);
    root = *parse_json(result, options);
  }
  if (what.registry.empty()) {
    return result;
  }
  const Json& registries = registries_of(root);
  const std::string name = name_in_file(registries, what.registry);
  const Json* former = registries.find(name);
  Json rule = new_rule(former == nullptr ? start : *former, what);
  if (root.find("registries") == nullptr) {
    Json all = Json::make_object();
    all.set(name, std::move(rule));
    return with_member(std::move(result), root, "registries", all, 1);
  }
  return with_member(std::move(result), registries, name, rule, 2);
}

}  // namespace keyberth::oauth
