// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/net/login_text.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "common/protocol.h"
#include "common/split.h"
#include "helpers/oauth/url.h"

namespace keyberth::oauth {
namespace {

constexpr std::size_t kAddressLimit = 500;
constexpr std::size_t kUrlLimit = 4096;
constexpr std::size_t kGroup = 4;
constexpr std::size_t kLongCode = 6;

/// A code as people read it: a long one without marks of its own in groups of four.
std::string in_groups(const std::string& code) {
  const bool is_plain = std::all_of(code.begin(), code.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  });
  if (!is_plain || code.size() <= kLongCode) {
    return code;
  }
  std::string text;
  for (std::size_t i = 0; i < code.size(); ++i) {
    text += i > 0 && i % kGroup == 0 ? " " : "";
    text += code[i];
  }
  return text;
}

std::string bold(const std::string& text, bool colour) { return colour ? "\x1b[1m" + text + "\x1b[0m" : text; }

std::string for_what(const Request& request) {
  return "  registry  " + printable(request.registry) + "\n  provider  " + printable(request.provider) +
         "\n  client    " + printable(request.client_id) + "\n" +
         (request.scope.empty() ? "" : "  scopes    " + printable(request.scope, kAddressLimit) + "\n");
}

Json event(const char* name) {
  Json object = Json::make_object();
  object.set("event", Json::of(name));
  return object;
}

void set(Json& object, const char* name, const std::string& value) {
  if (!value.empty()) {
    object.set(name, Json::of(std::string_view(value)));
  }
}

void set_request(Json& object, const Request& request) {
  set(object, "registry", printable(request.registry));
  set(object, "provider", printable(request.provider));
  set(object, "client_id", printable(request.client_id));
  set(object, "scope", printable(request.scope, kAddressLimit));
}

}  // namespace

Request request_of(const Rule& rule, const Metadata& metadata, const std::string& registry) {
  std::string scope;
  for (const std::string& one : rule.scopes) {
    scope += (scope.empty() ? "" : " ") + one;
  }
  return {registry, url_host(metadata.token_endpoint), rule.client_id, scope};
}

std::string duration_text(int seconds) {
  const auto count = [](int number, const std::string& unit) {
    return std::to_string(number) + " " + unit + (number == 1 ? "" : "s");
  };
  return seconds < 120 ? count(seconds, "second") : count(seconds / 60, "minute");
}

std::string device_text(const DeviceCode& code, const Request& request, const std::string& picture, bool colour) {
  std::string text = "docker-credential-oauth asks for a login:\n\n" + for_what(request) + "\n";
  text += "Open this page on any device, and enter the code:\n\n";
  text += "    " + bold(printable(code.verification_uri, kAddressLimit), colour) + "\n\n";
  text += "    " + bold(in_groups(printable(code.user_code)), colour) + "\n\n";
  if (!picture.empty()) {
    text += "Or scan this, and compare the code:\n\n" + picture + "\n";
  } else if (!code.verification_uri_complete.empty()) {
    text += "Or open this address, and compare the code:\n\n    " +
            printable(code.verification_uri_complete, kAddressLimit) + "\n\n";
  }
  return text + "The code is good for " + duration_text(code.expires_in) +
         ". Enter it only because you started this login yourself; never\nenter one that somebody sent you. "
         "Waiting for you; Ctrl-C gives up.\n";
}

Json device_event(const DeviceCode& code, const Request& request) {
  Json object = event("verification");
  set_request(object, request);
  set(object, "user_code", printable(code.user_code));
  set(object, "verification_uri", printable(code.verification_uri, kUrlLimit));
  set(object, "verification_uri_complete", printable(code.verification_uri_complete, kUrlLimit));
  object.set("expires_in", Json::of(static_cast<double>(code.expires_in)));
  object.set("interval", Json::of(static_cast<double>(code.interval)));
  return object;
}

std::string web_text(const std::string& url, const Request& request, bool opened) {
  std::string text = "docker-credential-oauth asks for a login:\n\n" + for_what(request) + "\n";
  text += opened ? "Your browser should show the provider's page now. If it does not, open:\n\n"
                 : "Open this address in a browser on this machine:\n\n";
  return text + "    " + printable(url, kUrlLimit) + "\n\nWaiting for you, five minutes at most; Ctrl-C gives up.\n";
}

Json web_event(const std::string& url, const Request& request) {
  Json object = event("verification");
  set_request(object, request);
  set(object, "authorization_url", printable(url, kUrlLimit));
  return object;
}

std::string missing_scopes(const std::string& requested, const std::string& granted) {
  std::string missing;
  const std::vector<std::string_view> have = split_nonempty(granted, ' ');
  for (const std::string_view word : split_nonempty(requested, ' ')) {
    if (!have.empty() && std::find(have.begin(), have.end(), word) == have.end()) {
      missing += missing.empty() ? "" : " ";
      missing += word;
    }
  }
  return missing;
}

std::string trial_text(const Trial& trial) {
  switch (trial.outcome) {
    case Trial::Outcome::accepted:
      return "  registry  accepted the credential\n";
    case Trial::Outcome::open:
      return "  registry  lets everybody in, the credential could not be tried\n";
    case Trial::Outcome::not_tried:
      return "  registry  the credential could not be tried: " + printable(trial.error.message, 500) + "\n" +
             (trial.error.hint.empty() ? "" : "            " + printable(trial.error.hint, 500) + "\n");
    case Trial::Outcome::refused:
      return "";
  }
  return "";
}

}  // namespace keyberth::oauth
