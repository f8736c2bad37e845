// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/net/http.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <optional>
#include <system_error>

#include "common/protocol.h"
#include "common/utf8.h"
#include "helpers/oauth/net/crypto.h"
#include "helpers/oauth/net/memory.h"
#include "helpers/oauth/net/trust.h"

namespace keyberth::oauth {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kConnectLimit = std::chrono::seconds(10);
constexpr std::size_t kHeaderLimit = 65536;
constexpr long kBadRequest = 400;

// libcurl and its proxies are configured by the environment themselves; the CA variables are those of OpenSSL and of
// the curl command.
std::optional<std::string> variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? std::nullopt : std::optional<std::string>(value);
}

std::string system_bundle() {
  if (auto file = variable("SSL_CERT_FILE")) {
    return *file;
  }
  const char* built_in = curl_version_info(CURLVERSION_NOW)->cainfo;
  return built_in == nullptr ? "/etc/ssl/certs/ca-certificates.crt" : built_in;
}

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};

class Transfer {
 public:
  explicit Transfer(const HttpRequest& request) : request_(request), url_(*parse_url(request.url)) {}

  [[nodiscard]] tl::expected<HttpAnswer, HttpFailure> run();

 private:
  template <class T>
  void set(CURLoption option, T value) {
    options_taken_ = curl_easy_setopt(curl_.get(), option, value) == CURLE_OK && options_taken_;
  }
  template <class T>
  [[nodiscard]] T info(CURLINFO what) const {
    T value{};
    (void)curl_easy_getinfo(curl_.get(), what, &value);
    return value;
  }

  [[nodiscard]] Result<> prepare();
  [[nodiscard]] Result<> set_trust();
  [[nodiscard]] Result<> set_client();
  [[nodiscard]] Result<> set_headers();
  void set_body();
  void add_header(std::string_view name, std::string_view value);

  static std::size_t on_body(char* data, std::size_t one, std::size_t size, void* self);
  static std::size_t on_header(char* data, std::size_t one, std::size_t size, void* self);
  static int on_ready(void* self, char* /*ip*/, char* /*own_ip*/, int /*port*/, int /*own_port*/);

  [[nodiscard]] Error explain(CURLcode code) const;
  [[nodiscard]] Error explain_time_out() const;
  [[nodiscard]] Error redirected() const;

  const HttpRequest& request_;
  Url url_;
  std::unique_ptr<CURL, Freer<curl_easy_cleanup>> curl_{curl_easy_init()};
  std::unique_ptr<curl_slist, Freer<curl_slist_free_all>> headers_;
  std::string bundle_;
  ClientCertificate own_;
  std::array<char, CURL_ERROR_SIZE> reason_ = {};
  bool options_taken_ = true;
  bool sent_ = false;
  bool too_large_ = false;
  std::size_t header_bytes_ = 0;
  HttpAnswer answer_;
};

std::size_t Transfer::on_body(char* data, std::size_t /*one*/, std::size_t size, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  if (transfer.answer_.body.size() + size > transfer.request_.answer_limit) {
    transfer.too_large_ = true;
    return 0;
  }
  transfer.answer_.body.append({data, size});
  return size;
}

std::size_t Transfer::on_header(char* data, std::size_t /*one*/, std::size_t size, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  transfer.header_bytes_ += size;
  if (transfer.header_bytes_ > kHeaderLimit) {
    transfer.too_large_ = true;
    return 0;
  }
  const std::string_view line(data, size);
  if (line.starts_with("HTTP/")) {
    transfer.answer_.headers.clear();  // those of a 1xx answer
  } else if (const std::size_t colon = line.find(':'); colon != std::string_view::npos) {
    std::string name(line.substr(0, colon));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    transfer.answer_.headers[name].emplace_back(trim(line.substr(colon + 1)));
  }
  return size;
}

// Called when the connection, the proxy's tunnel and TLS are there and the request is about to be sent.
int Transfer::on_ready(void* self, char* /*ip*/, char* /*own_ip*/, int /*port*/, int /*own_port*/) {
  auto& transfer = *static_cast<Transfer*>(self);
  if (transfer.request_.before_sending && !transfer.request_.before_sending()) {
    return CURL_PREREQFUNC_ABORT;
  }
  transfer.sent_ = true;
  return CURL_PREREQFUNC_OK;
}

void Transfer::add_header(std::string_view name, std::string_view value) {
  Secret line(name);
  line.append(": ");
  line.append(value);
  line.push_back('\0');
  // libcurl's copy is in memory that is wiped when freed.
  if (curl_slist* longer = curl_slist_append(headers_.get(), line.view().data())) {
    (void)headers_.release();
    headers_.reset(longer);
  } else {
    options_taken_ = false;
  }
}

Result<> Transfer::set_headers() {
  for (const auto& [name, value] : request_.headers) {
    if (has_control(name) || has_control(value)) {
      return fail(ErrorKind::bad_input, "a request header for " + url_.address() + " holds a control character",
                  "correct the configuration");
    }
    add_header(name, value);
  }
  if (!request_.authorization.empty()) {
    if (request_.authorization.view().find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
      return fail(ErrorKind::bad_input, "a token for " + url_.address() + " holds a line break",
                  "the provider or the registry gave a token that cannot be sent");
    }
    add_header("Authorization", request_.authorization.view());
  }
  if (!request_.body.empty()) {
    add_header("Content-Type", request_.content_type);
  }
  // libcurl would ask for permission before a larger body, and wait for servers that never give it.
  add_header("Expect", "");
  set(CURLOPT_HTTPHEADER, headers_.get());
  // Our headers, the token among them, are for the server and not for the proxy that tunnels to it.
  set(CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  return {};
}

Result<> Transfer::set_trust() {
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_PROXY_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (auto folder = variable("SSL_CERT_DIR")) {
    set(CURLOPT_CAPATH, folder->c_str());
    set(CURLOPT_PROXY_CAPATH, folder->c_str());
  }
  if (request_.ca_file.empty()) {
    if (auto file = variable("SSL_CERT_FILE")) {
      set(CURLOPT_CAINFO, file->c_str());
      set(CURLOPT_PROXY_CAINFO, file->c_str());
    }
    return {};
  }
  auto bundle = combined_bundle(system_bundle(), request_.ca_file);
  if (!bundle) {
    return pass_on(std::move(bundle));
  }
  bundle_ = *std::move(bundle);
  curl_blob blob = {bundle_.data(), bundle_.size(), CURL_BLOB_NOCOPY};
  set(CURLOPT_CAINFO_BLOB, &blob);
  set(CURLOPT_PROXY_CAINFO_BLOB, &blob);
  return {};
}

Result<> Transfer::set_client() {
  if (request_.client.certificate.empty()) {
    return {};
  }
  auto own = read_client_certificate(request_.client);
  if (!own) {
    return pass_on(std::move(own));
  }
  own_ = *std::move(own);
  curl_blob certificate = {own_.certificate.data(), own_.certificate.size(), CURL_BLOB_NOCOPY};
  curl_blob key = {const_cast<char*>(own_.key.view().data()), own_.key.size(), CURL_BLOB_NOCOPY};
  set(CURLOPT_SSLCERT_BLOB, &certificate);
  set(CURLOPT_SSLKEY_BLOB, &key);
  set(CURLOPT_KEYPASSWD, "");  // or OpenSSL would ask for one at the terminal
  return {};
}

void Transfer::set_body() {
  if (request_.method == "GET" && request_.body.empty()) {
    set(CURLOPT_HTTPGET, 1L);
    return;
  }
  // Points into the Secret; libcurl makes no copy to keep.
  set(CURLOPT_POSTFIELDS, request_.body.empty() ? "" : request_.body.view().data());
  set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
  set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
}

Result<> Transfer::prepare() {
  if (!curl_) {
    return fail(ErrorKind::internal, "libcurl cannot be set up", "check its installation: curl --version");
  }
  set(CURLOPT_URL, request_.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, url_.https ? "https" : "http");
  set(CURLOPT_REDIR_PROTOCOLS_STR, "https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_HTTP09_ALLOWED, 0L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_USERAGENT, "docker-credential-oauth");
  // A connection that is used again may be dead, and libcurl would send the request a second time without being asked.
  set(CURLOPT_FRESH_CONNECT, 1L);
  set(CURLOPT_FORBID_REUSE, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS, long{std::min(kConnectLimit, request_.time_limit).count()});
  set(CURLOPT_TIMEOUT_MS, long{request_.time_limit.count()});
  set(CURLOPT_ERRORBUFFER, reason_.data());
  set(CURLOPT_WRITEFUNCTION, &on_body);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_HEADERFUNCTION, &on_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_PREREQFUNCTION, &on_ready);
  set(CURLOPT_PREREQDATA, this);
  if (!url_.https) {
    set(CURLOPT_PROXY, "");  // a request in clear stays on this machine
  }
  set_body();
  KEYBERTH_TRY(set_trust());
  KEYBERTH_TRY(set_client());
  KEYBERTH_TRY(set_headers());
  if (!options_taken_) {
    return fail(ErrorKind::internal, "libcurl refuses an option", "it must be 7.85 or newer: curl --version");
  }
  return {};
}

tl::expected<HttpAnswer, HttpFailure> Transfer::run() {
  if (auto ready = prepare(); !ready) {
    return tl::unexpected(HttpFailure{std::move(ready).error()});
  }
  if (const CURLcode code = curl_easy_perform(curl_.get()); code != CURLE_OK) {
    // With TLS 1.3 the request is on its way when the server looks at the certificate, and is not read after that.
    if (auto refused = client_certificate_refused(url_.address(), reason_.data(), request_.client)) {
      return tl::unexpected(HttpFailure{*std::move(refused)});
    }
    return tl::unexpected(HttpFailure{explain(code), sent_, false});
  }
  answer_.status = info<long>(CURLINFO_RESPONSE_CODE);
  if (answer_.status == kBadRequest) {
    if (auto refused = client_certificate_refused(url_.address(), answer_.body.view(), request_.client)) {
      return tl::unexpected(HttpFailure{*std::move(refused)});
    }
  }
  if (answer_.status >= 300 && answer_.status < 400) {
    return tl::unexpected(HttpFailure{redirected(), true, true});
  }
  return std::move(answer_);
}

Error Transfer::redirected() const {
  const char* target = info<char*>(CURLINFO_REDIRECT_URL);
  const auto parsed = parse_url(target == nullptr ? "" : target);
  if (!parsed) {
    return {ErrorKind::unavailable, url_.address() + " redirects to no usable address",
            "check that the address is the right one"};
  }
  const std::string where = (parsed->https ? "https://" : "http://") + parsed->address();
  return {ErrorKind::unavailable, url_.address() + " redirects to " + where + ", and redirects are not followed",
          "if that address is right, put it into the configuration in place of " + url_.address()};
}

Error Transfer::explain_time_out() const {
  const auto seconds = [](milliseconds limit) { return std::to_string((limit.count() + 999) / 1000) + " s"; };
  if (!sent_) {
    return {ErrorKind::timed_out,
            "no connection to " + url_.address() + " within " + seconds(std::min(kConnectLimit, request_.time_limit)),
            "check the network, and https_proxy if there is a proxy"};
  }
  return {ErrorKind::timed_out, url_.address() + " gave no complete answer within " + seconds(request_.time_limit),
          "try again later"};
}

Error Transfer::explain(CURLcode code) const {
  const std::string host = url_.address();
  const ErrorKind kind = ErrorKind::unavailable;
  if (too_large_ || code == CURLE_FILESIZE_EXCEEDED || (sent_ && code == CURLE_OUT_OF_MEMORY)) {
    return {ErrorKind::limit, host + " sent an answer that is too large", "check that the address is the right one"};
  }
  if (const long status = info<long>(CURLINFO_HTTP_CONNECTCODE); !sent_ && status >= 300) {
    return {kind, "the proxy refuses a connection to " + host + " (status " + std::to_string(status) + ")",
            status == 407 ? "put its user name and password into https_proxy: http://USER:PASSWORD@PROXY:PORT"
                          : "check https_proxy, or name the host in no_proxy"};
  }
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return {kind, "there is no address for the name " + url_.host,
              "check it and the network: getent hosts " + url_.host};
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {kind, "there is no address for the name of the proxy", "correct https_proxy"};
    case CURLE_COULDNT_CONNECT: {
      const long number = info<long>(CURLINFO_OS_ERRNO);
      const std::string why = number == ECONNREFUSED ? "connection refused"
                              : number == 0          ? "no connection"
                                                     : std::generic_category().message(static_cast<int>(number));
      return {kind, "cannot reach " + host + ": " + why, "check the network, and https_proxy if there is a proxy"};
    }
    case CURLE_OPERATION_TIMEDOUT:
      return explain_time_out();
    case CURLE_PEER_FAILED_VERIFICATION:
      return untrusted(url_, info<long>(CURLINFO_SSL_VERIFYRESULT), reason_.data());
    case CURLE_SSL_CERTPROBLEM:
      return unusable_client_certificate(request_.client, reason_.data());
    case CURLE_SSL_CACERT_BADFILE:
      return unusable_trust(system_bundle(), variable("SSL_CERT_FILE").has_value());
    case CURLE_PROXY:
      return {kind, "the proxy does not connect to " + host, "check https_proxy, or name the host in no_proxy"};
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      return {kind, "what answers at " + host + " does not speak HTTP", "check the port in its address"};
    case CURLE_SSL_CONNECT_ERROR:
      return {kind, "no TLS connection to " + host + ": " + printable(reason_.data()),
              "TLS 1.2 or newer is needed; check the port in its address, and https_proxy if there is a proxy"};
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      return {kind, host + " ended the connection before its answer was complete", "try again later"};
    default:
      return {kind, "no answer from " + host + ": " + curl_easy_strerror(code), "try again later"};
  }
}

}  // namespace

CurlHttp::CurlHttp() {
  // Both count only before the first allocation of each library.
  (void)wipe_crypto_memory();
  (void)curl_global_init_mem(CURL_GLOBAL_DEFAULT, wiping_malloc, wiping_free, wiping_realloc, wiping_strdup,
                             wiping_calloc);
}

CurlHttp::~CurlHttp() { curl_global_cleanup(); }

tl::expected<HttpAnswer, HttpFailure> CurlHttp::send(const HttpRequest& request) {
  if (auto usable = check_endpoint(request.url, request.allow_http_loopback); !usable) {
    return tl::unexpected(HttpFailure{std::move(usable).error()});
  }
  return Transfer(request).run();
}

}  // namespace keyberth::oauth
