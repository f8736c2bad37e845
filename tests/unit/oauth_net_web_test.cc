// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <thread>

#include "common/base64.h"
#include "helpers/oauth/net/answers.h"
#include "helpers/oauth/net/crypto.h"
#include "helpers/oauth/net/loopback.h"
#include "tests/unit/fake_host.h"
#include "tests/unit/scripted_http.h"

namespace keyberth::oauth {
namespace {

RedirectRequest parse(const std::string& line) {
  return parse_redirect_request(line + "\r\nHost: 127.0.0.1\r\n\r\n", "the state");
}

TEST(RedirectRequest, TakesTheCodeWithTheRightState) {
  const auto request = parse("GET /callback?code=a%2Fb+c&state=the%20state&iss=https%3A%2F%2Fid.example&x=y HTTP/1.1");
  EXPECT_EQ(request.status, 200);
  EXPECT_EQ(request.redirect.code.view(), "a/b c");
  EXPECT_EQ(request.redirect.iss, "https://id.example");
  const auto error = parse("GET /callback?error=access_denied&error_description=no&state=the+state HTTP/1.0");
  EXPECT_EQ(error.status, 200);
  EXPECT_EQ(error.redirect.error, "access_denied");
  EXPECT_EQ(error.redirect.error_description, "no");
}

TEST(RedirectRequest, R8EverythingElseIsIgnored) {
  const std::string good = "code=c&state=the+state";
  EXPECT_EQ(parse("GET /favicon.ico HTTP/1.1").status, 404);
  EXPECT_EQ(parse("GET / HTTP/1.1").status, 404);
  EXPECT_EQ(parse("GET /callback/?" + good + " HTTP/1.1").status, 404);
  EXPECT_EQ(parse("GET /Callback?" + good + " HTTP/1.1").status, 404);
  EXPECT_EQ(parse("POST /callback?" + good + " HTTP/1.1").status, 405);
  EXPECT_EQ(parse("HEAD /callback?" + good + " HTTP/1.1").status, 405);
  EXPECT_EQ(parse("GET /callback?code=c HTTP/1.1").status, 400);
  EXPECT_EQ(parse("GET /callback?code=c&state= HTTP/1.1").status, 400);
  EXPECT_EQ(parse("GET /callback?code=c&state=the+statf HTTP/1.1").status, 400);
  EXPECT_EQ(parse("GET /callback?state=the+state HTTP/1.1").status, 400);
  EXPECT_EQ(parse("GET /callback?" + good + "&error=x HTTP/1.1").status, 400);
  EXPECT_EQ(parse("GET /callback?" + good + "&code=d HTTP/1.1").status, 400);
  EXPECT_EQ(parse("GET /callback?" + good + "&state=x HTTP/1.1").status, 400);
  EXPECT_EQ(parse("GET /callback?" + good + "&x=%zz HTTP/1.1").status, 400);
  EXPECT_EQ(parse("GET /callback?" + good + "&x=%4 HTTP/1.1").status, 400);
  EXPECT_EQ(parse("GET /callback?" + good + " HTTP/2").status, 400);
  EXPECT_EQ(parse("GET /callback?" + good).status, 400);
  EXPECT_EQ(parse("").status, 400);
  EXPECT_EQ(parse("GET http://127.0.0.1/callback?" + good + " HTTP/1.1").status, 404);
  // Without a state there is nothing to be right.
  EXPECT_EQ(parse_redirect_request("GET /callback?code=c&state= HTTP/1.1\r\n\r\n", "").status, 400);
}

TEST(RedirectPage, HasNoResourcesAndNoSecrets) {
  const std::string page = redirect_page(200, "Logged in", "Done.");
  EXPECT_TRUE(page.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_NE(page.find("\r\nContent-Security-Policy: default-src 'none'"), std::string::npos);
  EXPECT_NE(page.find("\r\nReferrer-Policy: no-referrer"), std::string::npos);
  EXPECT_NE(page.find("\r\nCache-Control: no-store"), std::string::npos);
  for (const char* resource : {"<script", "<img", "<link", "src=", "href=", "http://", "https://"}) {
    EXPECT_EQ(page.find(resource), std::string::npos) << resource;
  }
}

/// The clock of a test that waits for real sockets: it runs, and can be moved.
class RunningHost final : public Host {
 public:
  [[nodiscard]] std::optional<std::string> env(const std::string& /*name*/) const override { return std::nullopt; }
  [[nodiscard]] Clock::time_point now() const override { return Clock::now() + ahead.load(); }
  void sleep_until(Clock::time_point /*when*/) override {}
  [[nodiscard]] bool is_terminal(int /*descriptor*/) const override { return false; }
  [[nodiscard]] std::optional<std::string> terminal() const override { return std::nullopt; }
  [[nodiscard]] Result<ProcessResult> run(const ProcessRequest& /*request*/) override {
    return fail(ErrorKind::unavailable, "none");
  }
  void debug(std::string_view /*line*/) override {}
  void tell(std::string_view /*line*/) override {}
  std::atomic<std::chrono::seconds> ahead{std::chrono::seconds(0)};
};

int connect_to(const std::string& port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<in_port_t>(std::stoi(port)));
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  return fd;
}

std::string browse(const std::string& port, const std::string& line) {
  const int fd = connect_to(port);
  const std::string request = line + " HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\n\r\n";
  // In two parts, as a slow client sends it.
  EXPECT_GT(send(fd, request.data(), 10, MSG_NOSIGNAL), 0);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  (void)send(fd, request.data() + 10, request.size() - 10, MSG_NOSIGNAL);
  std::string answer;
  std::array<char, 4096> bytes = {};
  for (ssize_t count = 0; (count = recv(fd, bytes.data(), bytes.size(), 0)) > 0;) {
    answer.append(bytes.data(), static_cast<std::size_t>(count));
  }
  close(fd);
  return answer;
}

/// A provider and a person with a browser, which is given what `script` says.
class WebLogin {
 public:
  using Script = std::function<void(WebLogin&)>;

  Result<Tokens> run(const Script& script) {
    http.answer = [this](const HttpRequest&) -> tl::expected<HttpAnswer, HttpFailure> {
      return http_answer(status, R"({"access_token":"a","token_type":"Bearer"})");
    };
    std::thread browser;
    auto tokens = web_flow(
        host, http, rule, metadata,
        [&](const std::string& url) {
          address = url;
          asked_for = fields_of(url.substr(url.find('?') + 1));
          redirect = asked_for["redirect_uri"];
          port = redirect.substr(17, redirect.rfind('/') - 17);
          browser = std::thread([&] { script(*this); });
          return Result<>();
        },
        nonce);
    browser.join();
    return tokens;
  }

  /// The provider's redirect.
  std::string comes_back(const std::string& more) {
    return browse(port, "GET /callback?state=" + asked_for["state"] + "&" + more);
  }

  RunningHost host;
  ScriptedHttp http;
  Rule rule = example_rule();
  Metadata metadata = example_metadata();
  std::string nonce;
  std::string address;
  std::map<std::string, std::string> asked_for;
  std::string redirect;
  std::string port;
  std::string page;
  long status = 200;
};

TEST(WebFlow, ExchangesTheCodeWithItsVerifier) {
  WebLogin login;
  login.rule.resource = "https://registry.example";
  const auto tokens = login.run([](WebLogin& self) { self.page = self.comes_back("code=the%2Fcode"); });
  ASSERT_TRUE(tokens) << tokens.error().message;
  EXPECT_TRUE(login.address.starts_with("https://id.example/auth?"));
  EXPECT_EQ(login.asked_for["response_type"], "code");
  EXPECT_EQ(login.asked_for["client_id"], "cli");
  EXPECT_EQ(login.asked_for["scope"], "openid offline_access");
  EXPECT_EQ(login.asked_for["prompt"], "consent");
  EXPECT_EQ(login.asked_for["code_challenge_method"], "S256");
  EXPECT_EQ(login.asked_for["nonce"], login.nonce);
  EXPECT_EQ(login.asked_for["resource"], "https://registry.example");
  EXPECT_GE(login.asked_for["state"].size(), 43U);
  EXPECT_GE(login.nonce.size(), 43U);
  EXPECT_NE(login.nonce, login.asked_for["state"]);
  EXPECT_TRUE(login.redirect.starts_with("http://127.0.0.1:")) << login.redirect;

  ASSERT_EQ(login.http.seen.size(), 1U);
  EXPECT_EQ(login.http.seen[0].url, "https://id.example/token");
  auto sent = fields_of(login.http.seen[0].body);
  EXPECT_EQ(sent["grant_type"], "authorization_code");
  EXPECT_EQ(sent["code"], "the/code");
  EXPECT_EQ(sent["redirect_uri"], login.redirect);
  EXPECT_EQ(sent["resource"], "https://registry.example");
  EXPECT_GE(sent["code_verifier"].size(), 43U);
  EXPECT_EQ(base64url(sha256(sent["code_verifier"])->view()).view(), login.asked_for["code_challenge"]);
  EXPECT_EQ(login.address.find(sent["code_verifier"]), std::string::npos);

  EXPECT_NE(login.page.find("Logged in"), std::string::npos);
  EXPECT_EQ(login.page.find("the/code"), std::string::npos);
}

TEST(WebFlow, R8StrayRequestsDoNotEndTheWait) {
  WebLogin login;
  const auto tokens = login.run([](WebLogin& self) {
    const int idle = connect_to(self.port);  // as browsers do ahead of need
    const int gone = connect_to(self.port);
    close(gone);
    EXPECT_TRUE(browse(self.port, "GET /favicon.ico").starts_with("HTTP/1.1 404"));
    EXPECT_TRUE(browse(self.port, "GET /callback?code=evil&state=guessed").starts_with("HTTP/1.1 400"));
    EXPECT_TRUE(browse(self.port, "GET /callback?code=evil").starts_with("HTTP/1.1 400"));
    EXPECT_TRUE(
        browse(self.port, "POST /callback?code=evil&state=" + self.asked_for["state"]).starts_with("HTTP/1.1 405"));
    (void)browse(self.port, "GET /" + std::string(40000, 'x'));
    self.page = self.comes_back("code=good");
    close(idle);
  });
  ASSERT_TRUE(tokens) << tokens.error().message;
  ASSERT_EQ(login.http.seen.size(), 1U);
  EXPECT_EQ(fields_of(login.http.seen[0].body)["code"], "good");
}

TEST(WebFlow, R8ListensOnTheLoopbackAddressOnly) {
  WebLogin login;
  const auto tokens = login.run([](WebLogin& self) {
    // Every address of 127.0.0.0/8 reaches a listener on all interfaces.
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in other = {};
    other.sin_family = AF_INET;
    other.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
    other.sin_port = htons(static_cast<in_port_t>(std::stoi(self.port)));
    EXPECT_NE(connect(fd, reinterpret_cast<sockaddr*>(&other), sizeof other), 0);
    close(fd);
    (void)self.comes_back("code=good");
  });
  EXPECT_TRUE(tokens);
}

TEST(WebFlow, IssIsCheckedWhenAnnouncedAndWhenGiven) {
  for (const auto& [announced, more, good] :
       {std::tuple(true, "code=c&iss=https%3A%2F%2Fid.example", true), std::tuple(true, "code=c", false),
        std::tuple(true, "code=c&iss=https%3A%2F%2Fevil.example", false),
        std::tuple(false, "code=c&iss=https%3A%2F%2Fevil.example", false),
        std::tuple(true, "error=access_denied", false),
        std::tuple(false, "code=c&iss=https%3A%2F%2Fid.example", true)}) {
    WebLogin login;
    login.metadata.announces_iss = announced;
    const auto tokens = login.run([more = more](WebLogin& self) { self.page = self.comes_back(more); });
    EXPECT_EQ(tokens.has_value(), good) << more;
    EXPECT_EQ(login.http.seen.size(), good ? 1U : 0U);
    EXPECT_EQ(login.page.find("Logged in") != std::string::npos, good);
  }
}

TEST(WebFlow, R5TheProvidersErrorIsShownPrintableAndNotInTheBrowser) {
  WebLogin login;
  const auto tokens = login.run([](WebLogin& self) {
    self.page = self.comes_back("error=access_denied&error_description=%1b%5B2J%3Cscript%3E");
  });
  ASSERT_FALSE(tokens);
  EXPECT_EQ(tokens.error().kind, ErrorKind::denied);
  EXPECT_NE(tokens.error().message.find("?[2J<script>"), std::string::npos) << tokens.error().message;
  EXPECT_EQ(login.page.find("<script>"), std::string::npos);
  EXPECT_NE(login.page.find("Not logged in"), std::string::npos);
}

TEST(WebFlow, SaysSoInTheBrowserWhenTheExchangeFails) {
  WebLogin login;
  login.status = 400;
  EXPECT_FALSE(login.run([](WebLogin& self) { self.page = self.comes_back("code=c"); }));
  EXPECT_NE(login.page.find("Not logged in"), std::string::npos);
}

TEST(WebFlow, EndsAfterFiveMinutes) {
  WebLogin login;
  const auto begin = std::chrono::steady_clock::now();
  const auto tokens = login.run([](WebLogin& self) { self.host.ahead = std::chrono::minutes(5); });
  ASSERT_FALSE(tokens);
  EXPECT_EQ(tokens.error().kind, ErrorKind::timed_out);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST(WebFlow, WithoutOpenIdThereIsNoNonce) {
  WebLogin login;
  login.rule.scopes = {"read:packages"};
  login.metadata.authorization_endpoint = "https://id.example/auth?tenant=1";
  ASSERT_TRUE(login.run([](WebLogin& self) { (void)self.comes_back("code=c"); }));
  EXPECT_EQ(login.nonce, "");
  EXPECT_EQ(login.asked_for.count("nonce") + login.asked_for.count("prompt"), 0U);
  EXPECT_EQ(login.asked_for["tenant"], "1");
}

TEST(WebFlow, TheRulesParametersReachTheProviderOnce) {
  WebLogin login;
  login.rule.authorization_parameters = {
      {"access_type", "offline"}, {"hint", "a&b=c"}, {"left_out", ""}, {"prompt", "select_account"}};
  ASSERT_TRUE(login.run([](WebLogin& self) { (void)self.comes_back("code=c"); }));
  EXPECT_EQ(login.asked_for["access_type"], "offline");
  EXPECT_EQ(login.asked_for["hint"], "a&b=c");
  EXPECT_EQ(login.asked_for.count("left_out"), 0U);
  EXPECT_EQ(login.asked_for["prompt"], "select_account");
  EXPECT_EQ(login.address.find("prompt="), login.address.rfind("prompt="));
}

TEST(WebFlow, NeedsAnEndpoint) {
  WebLogin login;
  login.metadata.authorization_endpoint.clear();
  const auto tokens = web_flow(
      login.host, login.http, login.rule, login.metadata, [](const std::string&) { return Result<>(); }, login.nonce);
  ASSERT_FALSE(tokens);
  EXPECT_EQ(tokens.error().hint, "log in without --web: docker-credential-oauth login registry.example");
}

}  // namespace
}  // namespace keyberth::oauth
