// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "common/protocol.h"
#include "helpers/oauth/net/answers.h"
#include "helpers/oauth/url.h"

namespace keyberth::oauth {
namespace {

constexpr std::size_t kMetadataLimit = std::size_t{1024} * 1024;

struct Endpoint {
  std::string_view name;
  std::string Metadata::*place;
  std::string Rule::*explicit_one;
};
constexpr std::array kEndpoints = {
    Endpoint{"authorization_endpoint", &Metadata::authorization_endpoint, &Rule::authorization_endpoint},
    Endpoint{"token_endpoint", &Metadata::token_endpoint, &Rule::token_endpoint},
    Endpoint{"device_authorization_endpoint", &Metadata::device_authorization_endpoint, &Rule::device_endpoint},
    Endpoint{"revocation_endpoint", &Metadata::revocation_endpoint, &Rule::revocation_endpoint},
};

/// Where the metadata of an issuer may be: RFC 8414 section 3.1 puts the well-known part between host and path, OpenID
/// Connect Discovery section 4 behind the path, and some servers have OpenID's name in the former place (RFC 8414
/// section 5).
std::vector<std::string> metadata_urls(const std::string& issuer) {
  const std::size_t start = issuer.find('/', issuer.find("://") + 3);
  const std::string origin = issuer.substr(0, start);
  std::string path = start == std::string::npos ? "" : issuer.substr(start);
  while (path.ends_with('/')) {
    path.pop_back();
  }
  std::vector<std::string> urls{origin + "/.well-known/oauth-authorization-server" + path,
                                origin + path + "/.well-known/openid-configuration"};
  if (!path.empty()) {
    urls.push_back(origin + "/.well-known/openid-configuration" + path);
  }
  return urls;
}

Result<> check_issuer(const Rule& rule) {
  KEYBERTH_TRY(check_endpoint(rule.issuer, rule.allow_http_loopback));
  if (rule.issuer.find('?') != std::string::npos) {
    return fail(ErrorKind::bad_input, "the issuer \"" + printable(rule.issuer) + "\" has a query",
                "remove ? and what follows");
  }
  return {};
}

Result<Metadata> with_explicit_endpoints(const Rule& rule, Metadata metadata) {
  for (const Endpoint& endpoint : kEndpoints) {
    if (const std::string& own = rule.*endpoint.explicit_one; !own.empty()) {
      KEYBERTH_TRY(check_endpoint(own, rule.allow_http_loopback));
      metadata.*endpoint.place = own;
    }
  }
  if (metadata.token_endpoint.empty()) {
    return fail(ErrorKind::bad_input, "the provider of " + printable(rule.pattern) + " names no token endpoint",
                "write \"endpoints\": {\"token\": \"https://...\"} into its rule");
  }
  return metadata;
}

Result<Metadata> no_metadata(const Rule& rule, long status) {
  return fail(ErrorKind::unavailable,
              url_host(rule.issuer) + " has no metadata for " + printable(rule.issuer) + " (status " +
                  std::to_string(status) + ")",
              "check \"issuer\", or put the endpoints into the configuration");
}

/// One try. `last` is set when another address of the same server makes no difference.
Result<Metadata> fetch(Http& http, const Rule& rule, const std::string& url, bool& last) {
  HttpRequest request;
  request.url = url;
  request.headers = {{"Accept", "application/json"}};
  request.ca_file = rule.ca_file;
  request.client = {rule.client_certificate, rule.client_key};
  request.allow_http_loopback = rule.allow_http_loopback;
  request.answer_limit = kMetadataLimit;
  auto answer = http.send(request);
  if (!answer) {
    // Some servers redirect every address they do not know to a login page.
    last = !answer.error().redirected;
    return tl::unexpected(std::move(answer).error().error);
  }
  if (answer->status != 200) {
    return no_metadata(rule, answer->status);
  }
  return parse_metadata(answer->body.view(), rule, asked(rule, url));
}

}  // namespace

Result<Metadata> parse_metadata(std::string_view body, const Rule& rule, const Asked& asked) {
  JsonOptions options;
  options.limit = kMetadataLimit;
  const Result<Json> document = parse_json(body, options);
  if (!document || document->type != Json::Type::object) {
    return fail(
        ErrorKind::bad_input,
        "the metadata of " + asked.host + " is no JSON object" + (document ? "" : ": " + document.error().message),
        "check \"issuer\", or put the endpoints into the configuration");
  }
  Metadata metadata;
  metadata.issuer = document->text("issuer").value_or("");
  // RFC 8414 section 3.3: equal to the last character, or another provider could stand in for this one.
  if (metadata.issuer != rule.issuer) {
    return fail(ErrorKind::bad_input,
                "the metadata of " + asked.host + " is that of another issuer, \"" + printable(metadata.issuer) + "\"",
                "if that one is right, put it into the configuration in place of \"" + printable(rule.issuer) + "\"");
  }
  for (const Endpoint& endpoint : kEndpoints) {
    const std::string address = document->text(endpoint.name).value_or("");
    if (!address.empty() && (rule.*endpoint.explicit_one).empty()) {
      if (auto usable = check_endpoint(address, rule.allow_http_loopback); !usable) {
        return fail(
            ErrorKind::bad_input,
            asked.host + " names a " + std::string(endpoint.name) + " that may not be used: " + usable.error().message,
            "put the right one into the configuration");
      }
      metadata.*endpoint.place = address;
    }
  }
  const Json* iss = document->find("authorization_response_iss_parameter_supported");
  metadata.announces_iss = iss != nullptr && iss->boolean;
  return metadata;
}

Result<Metadata> discover(Http& http, const Rule& rule) {
  Metadata known;
  known.issuer = rule.issuer;
  const bool complete = !rule.authorization_endpoint.empty() && !rule.token_endpoint.empty() &&
                        !rule.device_endpoint.empty() && !rule.revocation_endpoint.empty();
  if (rule.issuer.empty() || complete) {
    return with_explicit_endpoints(rule, std::move(known));
  }
  KEYBERTH_TRY(check_issuer(rule));
  Result<Metadata> failed = no_metadata(rule, 404);
  for (const std::string& url : metadata_urls(rule.issuer)) {
    bool last = false;
    auto found = fetch(http, rule, url, last);
    if (found) {
      return with_explicit_endpoints(rule, *std::move(found));
    }
    // What a document says wrong tells more than that there is none.
    if (failed.error().kind != ErrorKind::bad_input || last) {
      failed = std::move(found);
    }
    if (last) {
      return failed;
    }
  }
  // A provider that publishes nothing can be used all the same when the way to log in is written down.
  if (failed.error().kind == ErrorKind::unavailable && !rule.token_endpoint.empty() &&
      !(rule.device_endpoint.empty() && rule.authorization_endpoint.empty())) {
    return with_explicit_endpoints(rule, std::move(known));
  }
  return failed;
}

}  // namespace keyberth::oauth
