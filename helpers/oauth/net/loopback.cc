// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/net/loopback.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace keyberth::oauth {
namespace {

using std::chrono::seconds;

constexpr int kSliceMilliseconds = 100;
constexpr std::size_t kHeadLimit = std::size_t{16} * 1024;
// Browsers open connections ahead of need and leave them idle, so several must be able to wait.
constexpr std::size_t kMostConnections = 32;
constexpr seconds kPatience = seconds(10);

void send_page(const Fd& connection, const std::string& page) {
  // A page fits into any socket's buffer; a browser that does not take it misses a page and nothing else.
  (void)send(connection.get(), page.data(), page.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  (void)shutdown(connection.get(), SHUT_WR);
}

template <class Address>
Fd listen_at(Address address) {
  Fd fd(socket(reinterpret_cast<sockaddr*>(&address)->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.is_open() || bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      listen(fd.get(), static_cast<int>(kMostConnections)) != 0) {
    return {};
  }
  return fd;
}

template <class Address>
in_port_t port_of(const Fd& fd, in_port_t Address::*port) {
  Address address = {};
  socklen_t size = sizeof address;
  (void)getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.*port);
}

}  // namespace

Result<Loopback> Loopback::open() {
  sockaddr_in v4 = {};
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (Fd fd = listen_at(v4); fd.is_open()) {
    const auto port = port_of(fd, &sockaddr_in::sin_port);
    return Loopback(std::move(fd), "http://127.0.0.1:" + std::to_string(port) + "/callback");
  }
  sockaddr_in6 v6 = {};
  v6.sin6_family = AF_INET6;
  v6.sin6_addr = in6addr_loopback;
  if (Fd fd = listen_at(v6); fd.is_open()) {
    const auto port = port_of(fd, &sockaddr_in6::sin6_port);
    return Loopback(std::move(fd), "http://[::1]:" + std::to_string(port) + "/callback");
  }
  Error error = system_error("listen at", "127.0.0.1", errno);
  error.hint = "log in without --web";
  return tl::unexpected(std::move(error));
}

/// For the listener and each connection, whether there is something to read.
std::vector<bool> Loopback::ready() const {
  std::vector<pollfd> waiting = {{listener_.get(), POLLIN, 0}};
  for (const Connection& connection : connections_) {
    waiting.push_back({connection.fd.get(), POLLIN, 0});
  }
  std::vector<bool> result(waiting.size(), false);
  if (poll(waiting.data(), waiting.size(), kSliceMilliseconds) > 0) {
    std::transform(waiting.begin(), waiting.end(), result.begin(), [](const pollfd& one) { return one.revents != 0; });
  }
  return result;
}

void Loopback::accept_one() {
  Fd fd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd.is_open()) {
    return;
  }
  if (connections_.size() == kMostConnections) {
    connections_.erase(connections_.begin());  // the oldest has said nothing for longest
  }
  connections_.push_back({std::move(fd), {}, std::chrono::steady_clock::now()});
}

/// True when this connection brought the redirect. One that is finished with is closed.
bool Loopback::read_some(Connection& connection, std::string_view state, Redirect& redirect) {
  std::array<char, 4096> bytes;
  const ssize_t count = recv(connection.fd.get(), bytes.data(), bytes.size(), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
    return false;
  }
  if (count <= 0) {
    connection.fd.reset();
    return false;
  }
  connection.head.append(bytes.data(), static_cast<std::size_t>(count));
  wipe(bytes.data(), bytes.size());
  const bool complete = connection.head.find("\r\n\r\n") != std::string::npos;
  if (!complete && connection.head.size() < kHeadLimit) {
    return false;
  }
  RedirectRequest request = parse_redirect_request(complete ? connection.head : "", state);
  wipe(connection.head.data(), connection.head.size());
  if (request.status == 200) {
    redirect = std::move(request.redirect);
    browser_ = std::move(connection.fd);
    return true;
  }
  send_page(connection.fd, redirect_page(request.status, "Not what was expected",
                                         "This address waits for a login that was started in a terminal."));
  connection.fd.reset();
  return false;
}

Result<Redirect> Loopback::wait(Host& host, Host::Clock::time_point end, std::string_view state) {
  Redirect redirect;
  while (host.now() < end) {
    const std::vector<bool> readable = ready();
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      if (readable[i + 1] && read_some(connections_[i], state, redirect)) {
        connections_.clear();
        return redirect;
      }
    }
    if (readable.front()) {
      accept_one();
    }
    const auto stale = std::chrono::steady_clock::now() - kPatience;
    std::erase_if(connections_, [&](const Connection& one) { return !one.fd.is_open() || one.since < stale; });
  }
  connections_.clear();
  return fail(ErrorKind::timed_out, "nobody logged in with the browser in time", "try again, or log in without --web");
}

void Loopback::answer(bool success) {
  if (browser_.is_open()) {
    send_page(browser_, success
                            ? redirect_page(200, "Logged in", "You can close this page and go back to the terminal.")
                            : redirect_page(200, "Not logged in", "The terminal says why. You can close this page."));
  }
  browser_.reset();
  listener_.reset();
}

}  // namespace keyberth::oauth
