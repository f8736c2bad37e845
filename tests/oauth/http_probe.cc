// SPDX-License-Identifier: Apache-2.0
// Sends the requests it is told on standard input through CurlHttp and says what came of them, for test_http.py.
//
// Input: one request, lines of "name value": method, url, header NAME: VALUE, authorization, body, ca, certificate,
// key, http, limit (bytes), time (milliseconds). With "scan WORD" the request's authorization is WORD backwards, and
// once everything is let go the output is "left N MAPPING" for each mapping of the process that still holds that, and
// nothing else.
// Output: "status N", "header NAME: VALUE" lines and "body TEXT"; or "error KIND", "sent 0|1", "redirected 0|1",
// "message TEXT" and "hint TEXT".
#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>

#include "common/harden.h"
#include "helpers/oauth/net/http.h"

namespace {

using keyberth::Secret;
using keyberth::oauth::HttpRequest;

/// How often `word`, backwards, is in the memory that this process may write. Only the word itself is ever in a buffer
/// of ours, so that nothing is found that the search has made.
std::map<std::string, std::size_t> scan(const std::string& word) {
  std::map<std::string, std::size_t> left;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::istringstream fields(line);
    std::string range;
    std::string rights;
    std::string skipped;
    std::string name;
    fields >> range >> rights >> skipped >> skipped >> skipped >> name;
    if (rights[1] != 'w' || rights[0] != 'r' || name == "[vvar]") {
      continue;
    }
    const auto dash = range.find('-');
    const auto* from = reinterpret_cast<const char*>(std::stoul(range.substr(0, dash), nullptr, 16));
    const auto* to = reinterpret_cast<const char*>(std::stoul(range.substr(dash + 1), nullptr, 16));
    for (const char* at = from; (at = std::search(at, to, word.rbegin(), word.rend())) != to; ++at) {
      ++left[name.empty() ? "anonymous" : name];
    }
  }
  return left;
}

HttpRequest read_request(std::string& word) {
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
    } else if (name == "scan") {
      word = value;
      for (auto letter = word.rbegin(); letter != word.rend(); ++letter) {
        request.authorization.push_back(*letter);
      }
    } else if (name == "body") {
      request.body = Secret(value);
    } else if (name == "ca") {
      request.ca_file = value;
    } else if (name == "certificate") {
      request.client.certificate = value;
    } else if (name == "key") {
      request.client.key = value;
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
  std::string word;
  auto answer = http.send(read_request(word));
  if (!word.empty()) {
    answer = tl::unexpected(keyberth::oauth::HttpFailure());
    keyberth::wipe_stack();
    for (const auto& [mapping, count] : scan(word)) {
      std::cout << "left " << count << " " << mapping << "\n";
    }
    return 0;
  }
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
