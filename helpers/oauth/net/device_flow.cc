// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "common/protocol.h"
#include "common/utf8.h"
#include "helpers/oauth/net/answers.h"

namespace keyberth::oauth {
namespace {

using std::chrono::seconds;

constexpr int kDefaultInterval = 5;  // RFC 8628 section 3.2
constexpr int kDefaultLife = 600;
constexpr int kSlowDown = 5;  // RFC 8628 section 3.5
constexpr int kLeastInterval = 1;
constexpr int kMostInterval = 60;
constexpr int kMostLife = 86400;
constexpr std::size_t kLongestUserCode = 64;

int whole(double amount, int least, int most) {
  return static_cast<int>(std::clamp(amount, static_cast<double>(least), static_cast<double>(most)));
}

/// An address that a person is sent to: https, nobody's password in it, nothing that fools the eye. A fragment is fine.
bool may_be_shown(std::string_view address, bool allow_http_loopback) {
  return !has_control(address) && check_endpoint(address.substr(0, address.find('#')), allow_http_loopback).has_value();
}

TokenFailure no_device_answer(const Asked& asked, const std::string& why) {
  TokenFailure failure;
  failure.error = {ErrorKind::unavailable, asked.host + " began the login in a way that cannot be followed: " + why,
                   "try the other way: docker-credential-oauth login --web " + asked.registry};
  return failure;
}

/// RFC 8628 sections 3.4 and 3.5: when to ask again, and until when.
class Poll {
 public:
  Poll(Host& host, const DeviceCode& code, Host::Clock::time_point asked_at)
      : host_(host), interval_(code.interval), end_(asked_at + seconds(code.expires_in)) {}

  /// Waits for the next turn. False, without waiting, when the code will be gone by then.
  [[nodiscard]] bool next() {
    const int doubled = interval_ << std::min(failures_, 6);
    const int pause = failures_ == 0 ? interval_ : std::max(interval_, std::min(doubled, kMostInterval));
    const auto when = host_.now() + seconds(std::max(pause, asked_pause_));
    if (when >= end_) {
      return false;
    }
    asked_pause_ = 0;
    host_.sleep_until(when);
    return true;
  }

  /// Whether to go on after this answer.
  [[nodiscard]] bool goes_on(const TokenFailure& failure) {
    asked_pause_ = failure.retry_after.value_or(0);
    if (failure.transport) {
      ++failures_;
      return true;
    }
    failures_ = 0;
    if (failure.code == "slow_down") {
      // For this and all later polls. GitHub names the new interval besides.
      interval_ = std::max(interval_ + kSlowDown, std::min(failure.interval.value_or(0), kMostInterval));
    }
    return failure.code == "slow_down" || failure.code == "authorization_pending";
  }

 private:
  Host& host_;
  int interval_;
  int failures_ = 0;
  int asked_pause_ = 0;
  Host::Clock::time_point end_;
};

Result<DeviceCode> ask_for_code(Http& http, const Rule& rule, const std::string& endpoint, const std::string& scope) {
  Fields fields;
  if (!scope.empty()) {
    fields.emplace_back("scope", scope);
  }
  if (!rule.resource.empty()) {
    fields.emplace_back("resource", rule.resource);
  }
  if (!rule.audience.empty()) {
    fields.emplace_back("audience", rule.audience);
  }
  auto answer = post_form(http, rule, endpoint, std::move(fields));
  if (!answer) {
    return tl::unexpected(std::move(answer).error().error);
  }
  auto code = parse_device_answer(answer->status, answer->body.view(), asked(rule, endpoint), rule.allow_http_loopback);
  wipe_stack();
  if (!code) {
    return tl::unexpected(std::move(code).error().error);
  }
  return *std::move(code);
}

}  // namespace

tl::expected<DeviceCode, TokenFailure> parse_device_answer(long status, std::string_view body, const Asked& asked,
                                                           bool allow_http_loopback) {
  const Result<Json> answer = parse_json(body);
  const Json* device_code = answer ? answer->find("device_code") : nullptr;
  if (device_code == nullptr || answer->find("error") != nullptr || status >= 400) {
    return tl::unexpected(failed_answer(status, body, asked));
  }
  DeviceCode code;
  code.user_code = printable(answer->text("user_code").value_or(""));
  if (device_code->type != Json::Type::string || device_code->string.empty() || code.user_code.empty()) {
    return tl::unexpected(no_device_answer(asked, "it gave no code"));
  }
  if (code.user_code.size() > kLongestUserCode) {
    return tl::unexpected(no_device_answer(asked, "its code is too long to be typed"));
  }
  code.device_code = Secret(device_code->string);
  auto address = answer->text("verification_uri");
  code.verification_uri = (address ? address : answer->text("verification_url")).value_or("");
  if (!may_be_shown(code.verification_uri, allow_http_loopback)) {
    return tl::unexpected(no_device_answer(
        asked, "the address to open, \"" + printable(code.verification_uri) + "\", is not a plain https address"));
  }
  // The one with the code in it is a convenience; one that leads elsewhere is not.
  code.verification_uri_complete = answer->text("verification_uri_complete").value_or("");
  if (!may_be_shown(code.verification_uri_complete, allow_http_loopback) ||
      url_host(code.verification_uri_complete.substr(0, code.verification_uri_complete.find('#'))) !=
          url_host(code.verification_uri.substr(0, code.verification_uri.find('#')))) {
    code.verification_uri_complete.clear();
  }
  code.expires_in = whole(answer->amount("expires_in").value_or(kDefaultLife), 0, kMostLife);
  code.interval = whole(answer->amount("interval").value_or(kDefaultInterval), kLeastInterval, kMostInterval);
  return code;
}

Result<Tokens> device_flow(Host& host, Http& http, const Rule& rule, const Metadata& metadata,
                           const std::function<Result<>(const DeviceCode&)>& show) {
  const std::string& endpoint = metadata.device_authorization_endpoint;
  if (endpoint.empty()) {
    const Asked to = asked(rule, metadata.token_endpoint);
    return fail(ErrorKind::unavailable, to.host + " does not offer the device flow",
                "log in with a browser on this machine: docker-credential-oauth login --web " + to.registry);
  }
  const auto asked_at = host.now();
  auto code = ask_for_code(http, rule, endpoint, scope_of(rule));
  if (!code) {
    return pass_on(std::move(code));
  }
  KEYBERTH_TRY(show(*code));
  Poll poll(host, *code, asked_at);
  Fields fields = {{"grant_type", "urn:ietf:params:oauth:grant-type:device_code"},
                   {"device_code", code->device_code.view()}};
  if (!rule.resource.empty()) {
    fields.emplace_back("resource", rule.resource);
  }
  const Asked to = asked(rule, metadata.token_endpoint);
  Error last = oauth_failure("expired_token", "", to).error;
  while (poll.next()) {
    auto tokens = request_tokens(http, rule, metadata.token_endpoint, fields, wall_clock());
    if (tokens) {
      return *std::move(tokens);
    }
    if (!poll.goes_on(tokens.error())) {
      return tl::unexpected(std::move(tokens).error().error);
    }
    host.debug("login: " + tokens.error().error.message);
    // When time is up because the server could not be reached, that is what has to be said.
    last = tokens.error().transport ? std::move(tokens).error().error : oauth_failure("expired_token", "", to).error;
  }
  return tl::unexpected(std::move(last));
}

}  // namespace keyberth::oauth
