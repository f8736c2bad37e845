// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/host.h"
#include "helpers/oauth/json.h"
#include "helpers/oauth/net/screen.h"

namespace keyberth::oauth {

/// A Host that tells about each wait for the person.
class PendingHost final : public Host {
 public:
  PendingHost(Host& host, const Screen& screen) : host_(host), screen_(screen) {}

  [[nodiscard]] std::optional<std::string> env(const std::string& name) const override { return host_.env(name); }
  [[nodiscard]] Clock::time_point now() const override { return host_.now(); }
  void sleep_until(Clock::time_point when) override {
    Json event = Json::make_object();
    event.set("event", Json::of("pending"));
    screen_.event(event);
    host_.sleep_until(when);
  }
  [[nodiscard]] bool is_terminal(int descriptor) const override { return host_.is_terminal(descriptor); }
  [[nodiscard]] std::optional<std::string> terminal() const override { return host_.terminal(); }
  [[nodiscard]] Result<ProcessResult> run(const ProcessRequest& request) override { return host_.run(request); }
  void debug(std::string_view line) override { host_.debug(line); }
  void tell(std::string_view line) override { host_.tell(line); }

 private:
  Host& host_;
  const Screen& screen_;
};

}  // namespace keyberth::oauth
