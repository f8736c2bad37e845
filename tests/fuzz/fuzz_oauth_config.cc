// SPDX-License-Identifier: Apache-2.0
// The configuration file of docker-credential-oauth. What is refused has a place and one line; what is accepted names
// only endpoints that may be used, and a login put into it leaves a file that parses with that registry in it.
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/utf8.h"
#include "helpers/oauth/config.h"
#include "helpers/oauth/edit.h"
#include "helpers/oauth/url.h"
#include "tests/fuzz/check.h"

using namespace keyberth::oauth;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto config = parse_config(text, "f");
  if (!config) {
    const std::string& message = config.error().message;
    FUZZ_CHECK(message.starts_with("f:") && message.size() > 2 && std::isdigit(static_cast<unsigned char>(message[2])));
    FUZZ_CHECK(message.find('\n') == std::string::npos);
    return 0;
  }
  FUZZ_CHECK(config->vault != "oauth");
  for (const Rule& rule : config->rules) {
    FUZZ_CHECK(!rule.client_id.empty() && registry_pattern(rule.pattern).value_or("") == rule.pattern);
    for (const std::string& url : {rule.issuer, rule.token_endpoint, rule.device_endpoint, rule.authorization_endpoint,
                                   rule.revocation_endpoint, for_registry(rule.mint.endpoint, "a.example")}) {
      FUZZ_CHECK(url.empty() || check_endpoint(url, rule.allow_http_loopback));
    }
    FUZZ_CHECK(rule.pattern.starts_with("*.") || find_rule(*config, rule.pattern) == &rule);
  }
  const std::string name = "login.example:5000";
  if (find_rule(*config, name) == nullptr) {
    const auto tree =
        keyberth::trim(text).empty() ? Json::make_object() : *parse_json(text, {.comments = true, .limit = 1 << 20});
    const std::string changed =
        with_rule(text, tree, {name, "", "https://id.example", "c", {"openid"}, "pass"}, Json::make_object());
    const auto again = parse_config(changed, "f");
    FUZZ_CHECK(again && again->vault == "pass" && again->rules.size() == config->rules.size() + 1);
    FUZZ_CHECK(find_rule(*again, name) != nullptr && find_rule(*again, name)->client_id == "c");
  }
  return 0;
}
