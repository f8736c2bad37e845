// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/config.h"

#include <algorithm>

namespace keyberth::oauth {
namespace {

constexpr const char* kTried = "tried live against an OpenID provider, a token server and a registry";
constexpr const char* kDocuments = "from documentation, not tried against the service";

// {issuer} follows the rule's issuer, {registry} the registry. No preset has a client id: each user or company
// registers one of its own at the provider.

constexpr const char* kGithub = R"({
  "endpoints": {
    "device": "https://github.com/login/device/code",
    "authorization": "https://github.com/login/oauth/authorize",
    "token": "https://github.com/login/oauth/access_token"
  },
  "scopes": ["read:packages", "write:packages"],
  "mint": "access-token",
  "username": "oauth2"
})";

constexpr const char* kGitlab = R"({
  "issuer": "https://gitlab.com",
  "endpoints": {
    "device": "{issuer}/oauth/authorize_device",
    "authorization": "{issuer}/oauth/authorize",
    "token": "{issuer}/oauth/token",
    "revocation": "{issuer}/oauth/revoke"
  },
  "scopes": ["read_registry", "write_registry"],
  "mint": "access-token",
  "username": "oauth2"
})";

// The device endpoint refuses the scopes of Google Cloud, so it is left out: a login takes the browser. There, a
// refresh token is given for access_type=offline only, and every time for prompt=consent only.
constexpr const char* kGoogle = R"({
  "endpoints": {
    "authorization": "https://accounts.google.com/o/oauth2/v2/auth",
    "token": "https://oauth2.googleapis.com/token",
    "revocation": "https://oauth2.googleapis.com/revoke"
  },
  "scopes": ["https://www.googleapis.com/auth/cloud-platform"],
  "authorization_parameters": {"access_type": "offline", "prompt": "consent"},
  "mint": "access-token",
  "username": "oauth2accesstoken"
})";

constexpr const char* kAzure = R"({
  "scopes": ["https://containerregistry.azure.net/.default", "offline_access"],
  "mint": "acr",
  "username": "00000000-0000-0000-0000-000000000000"
})";

constexpr const char* kQuay = R"({
  "scopes": ["openid", "offline_access"],
  "mint": "access-token",
  "username": "$oauthtoken"
})";

constexpr const char* kHarbor = R"({
  "scopes": ["openid", "profile", "email", "offline_access"],
  "mint": {
    "shape": "http-json",
    "endpoint": "https://{registry}/api/v2.0/users/current",
    "method": "GET",
    "authentication": "bearer",
    "token": "id_token",
    "secret_field": "/oidc_user_meta/secret"
  },
  "username": {"field": "/username"}
})";

constexpr const char* kGitea = R"({
  "endpoints": {
    "authorization": "{issuer}/login/oauth/authorize",
    "token": "{issuer}/login/oauth/access_token"
  },
  "mint": "access-token",
  "username": "oauth2"
})";

constexpr const char* kOpenshift = R"({
  "endpoints": {
    "authorization": "{issuer}/oauth/authorize",
    "token": "{issuer}/oauth/token"
  },
  "scopes": ["user:full"],
  "mint": "access-token",
  "username": "oauth2"
})";

constexpr const char* kIbm = R"({
  "issuer": "https://iam.cloud.ibm.com/identity",
  "endpoints": {"token": "{issuer}/token"},
  "scopes": ["openid"],
  "mint": "access-token",
  "username": "iambearer"
})";

constexpr const char* kJfrog = R"({
  "scopes": ["openid", "offline_access"],
  "mint": {
    "shape": "http-json",
    "endpoint": "https://{registry}/access/api/v1/oidc/token",
    "method": "POST",
    "authentication": "json",
    "token": "id_token",
    "parameters": {
      "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
      "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
      "subject_token": "{token}",
      "provider_name": ""
    },
    "secret_field": "/access_token",
    "expires_field": "/expires_in"
  },
  "username": {"claim": "preferred_username"}
})";

constexpr const char* kDigitalocean = R"({
  "endpoints": {
    "authorization": "https://cloud.digitalocean.com/v1/oauth/authorize",
    "token": "https://cloud.digitalocean.com/v1/oauth/token",
    "revocation": "https://cloud.digitalocean.com/v1/oauth/revoke"
  },
  "scopes": ["read", "write"],
  "mint": {
    "shape": "http-json",
    "endpoint": "https://api.digitalocean.com/v2/registry/docker-credentials?read_write=true&expiry_seconds=3600",
    "method": "GET",
    "authentication": "bearer",
    "pair": true,
    "secret_field": "/auths/registry.digitalocean.com/auth"
  },
  "username": {"field": ""}
})";

// A token server that checks the provider's token itself and compares the user name with its subject up to an @:
// docker_auth with a plugin, Cellery's hub.
constexpr const char* kDockerAuth = R"({
  "scopes": ["openid", "offline_access"],
  "mint": "access-token",
  "username": {"claim": "sub", "until": "@"}
})";

constexpr const char* kOidc = R"({
  "scopes": ["openid", "offline_access"],
  "mint": "access-token",
  "username": {"claim": "sub"}
})";

}  // namespace

const std::vector<Preset>& presets() {
  static const std::vector<Preset> all{
      {"github", kDocuments, {"ghcr.io"}, kGithub},
      {"gitlab", kDocuments, {"registry.gitlab.com"}, kGitlab},
      {"google", kDocuments, {"gcr.io", "*.gcr.io", "*.pkg.dev"}, kGoogle},
      {"azure", kDocuments, {"*.azurecr.io", "*.azurecr.cn", "*.azurecr.us", "*.azurecr.de"}, kAzure},
      {"quay", kDocuments, {"quay.io"}, kQuay},
      {"harbor", kDocuments, {}, kHarbor},
      {"gitea", kDocuments, {}, kGitea},
      {"openshift", kDocuments, {}, kOpenshift},
      {"ibm", kDocuments, {"icr.io", "*.icr.io"}, kIbm},
      {"jfrog", kDocuments, {"*.jfrog.io"}, kJfrog},
      {"digitalocean", kDocuments, {"registry.digitalocean.com"}, kDigitalocean},
      {"docker-auth", kTried, {}, kDockerAuth},
      {"oidc", kTried, {}, kOidc},
  };
  return all;
}

std::string preset_names() {
  std::string names;
  for (const Preset& preset : presets()) {
    names += (names.empty() ? "" : ", ") + preset.name;
  }
  return names;
}

std::string fitting_preset(std::string_view registry) {
  for (const Preset& preset : presets()) {
    if (std::any_of(preset.hosts.begin(), preset.hosts.end(),
                    [&](const std::string& pattern) { return matches(pattern, registry); })) {
      return preset.name;
    }
  }
  return {};
}

}  // namespace keyberth::oauth
