// SPDX-License-Identifier: Apache-2.0
#include "helpers/secretservice/items.h"

#include <tuple>

namespace keyberth {

Attributes query(const std::string& server) { return {{"server", server}, {"docker_cli", "1"}}; }

Attributes query_all() { return {{"docker_cli", "1"}}; }

std::optional<std::string> value(const Attributes& attributes, const char* name) {
  const auto found = attributes.find(name);
  return found == attributes.end() ? std::nullopt : std::optional(found->second);
}

bool has_our_schema(const Attributes& attributes) {
  return value(attributes, "xdg:schema").value_or(kSchema) == kSchema;
}

bool hides_attributes(const Item& item) { return item.locked && !item.attributes.contains("server"); }

bool belongs_to(const Item& item, const std::string& server) {
  return value(item.attributes, "server") == server && has_our_schema(item.attributes);
}

bool is_newer(const Item& a, const Item& b) {
  const auto rank = [](const Item& item) {
    return std::tuple(item.modified, item.created, item.path.size(), item.path);
  };
  return rank(a) > rank(b);
}

}  // namespace keyberth
