// SPDX-License-Identifier: Apache-2.0
// Sends the requests it is told on standard input through CurlHttp and says what came of them, for test_http.py.
//
// Input: one request, lines of "name value": method, url, header NAME: VALUE, authorization, body, ca, http, limit
// (bytes), time (milliseconds). Output: "status N", "header NAME: VALUE" lines and "body TEXT"; or "error KIND", "sent
// 0|1", "redirected 0|1", "message TEXT" and "hint TEXT".
#include <iostream>
#include <string>

#include "common/harden.h"
#include "helpers/oauth/net/http.h"

namespace {

using keyberth::Secret;
using keyberth::oauth::HttpRequest;

HttpRequest read_request() {
  HttpRequest request;
  for (std::string line; std::getline(std::cin, line);) {
    const auto space = line.find(' ');
    const std::string name = line.substr(0, space);
    const std::string value = space == std::string::npos ? "" : line.substr(space + 1);
    if (name == "method") {
      request.method = value;
    } else if (name == "url") {
      request.url = value;
    } else if (name == "header") {
      request.headers.emplace_back(value.substr(0, value.find(": ")), value.substr(value.find(": ") + 2));
    } else if (name == "authorization") {
      request.authorization = Secret(value);
    } else if (name == "body") {
      request.body = Secret(value);
    } else if (name == "ca") {
      request.ca_file = value;
    } else if (name == "http") {
      request.allow_http_loopback = true;
    } else if (name == "limit") {
      request.answer_limit = std::stoul(value);
    } else if (name == "time") {
      request.time_limit = std::chrono::milliseconds(std::stol(value));
    }
  }
  return request;
}

}  // namespace

int main() {
  keyberth::harden_process(/*dumpable=*/true);
  keyberth::oauth::CurlHttp http;
  const auto answer = http.send(read_request());
  if (!answer) {
    const auto& failure = answer.error();
    std::cout << "error " << static_cast<int>(failure.error.kind) << "\nsent " << failure.request_sent
              << "\nredirected " << failure.redirected << "\nmessage " << failure.error.message << "\nhint "
              << failure.error.hint << "\n";
    return 0;
  }
  std::cout << "status " << answer->status << "\n";
  for (const auto& [name, values] : answer->headers) {
    for (const std::string& value : values) {
      std::cout << "header " << name << ": " << value << "\n";
    }
  }
  std::cout << "body " << answer->body.view() << "\n";
  return 0;
}
