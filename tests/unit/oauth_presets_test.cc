// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "helpers/oauth/config.h"

namespace keyberth::oauth {
namespace {

using Words = std::vector<std::string>;

/// The rule of a preset for one registry, with a client and what else it needs.
Rule made(const std::string& preset, const std::string& registry, const std::string& more = "") {
  const auto config = parse_config(
      R"({"registries":{")" + registry + R"(":{"client_id":"c","preset":")" + preset + "\"" + more + "}}}", "f");
  EXPECT_TRUE(config) << preset << ": " << (config ? "" : config.error().message);
  return config ? config->rules.front() : Rule{};
}

Words hosts(const std::string& name) {
  const auto& all = presets();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Preset& preset) { return preset.name == name; });
  return found == all.end() ? Words{"missing"} : found->hosts;
}

const std::string kIssuer = R"(,"issuer":"https://id.example.com/realm")";

TEST(OauthPresets, AreAllThereAndSayHowTheyAreKnown) {
  Words names;
  for (const Preset& preset : presets()) {
    names.push_back(preset.name);
    EXPECT_FALSE(preset.note.empty()) << preset.name;
    EXPECT_EQ(preset.settings.find("client_id"), std::string::npos) << preset.name << " must not borrow a client";
    for (const std::string& host : preset.hosts) {
      EXPECT_EQ(registry_pattern(host).value_or("wrong"), host);
    }
  }
  EXPECT_EQ(names, (Words{"github", "gitlab", "google", "azure", "quay", "harbor", "gitea", "openshift", "ibm", "jfrog",
                          "digitalocean", "docker-auth", "oidc"}));
}

TEST(OauthPresets, Github) {
  const Rule rule = made("github", "ghcr.io");
  EXPECT_EQ(hosts("github"), Words{"ghcr.io"});
  EXPECT_EQ(rule.device_endpoint, "https://github.com/login/device/code");
  EXPECT_EQ(rule.token_endpoint, "https://github.com/login/oauth/access_token");
  EXPECT_EQ(rule.scopes, (Words{"read:packages", "write:packages"}));
  EXPECT_EQ(rule.mint.shape, Shape::access_token);
  EXPECT_EQ(rule.username.value, "oauth2");
}

TEST(OauthPresets, Gitlab) {
  const Rule rule = made("gitlab", "registry.gitlab.com");
  EXPECT_EQ(hosts("gitlab"), Words{"registry.gitlab.com"});
  EXPECT_EQ(rule.issuer, "https://gitlab.com");
  EXPECT_EQ(rule.device_endpoint, "https://gitlab.com/oauth/authorize_device");
  EXPECT_EQ(rule.token_endpoint, "https://gitlab.com/oauth/token");
  EXPECT_EQ(rule.revocation_endpoint, "https://gitlab.com/oauth/revoke");
  EXPECT_EQ(rule.scopes, (Words{"read_registry", "write_registry"}));
  EXPECT_EQ(rule.username.value, "oauth2");
  const Rule own = made("gitlab", "registry.example.com:5050", R"(,"issuer":"https://git.example.com")");
  EXPECT_EQ(own.device_endpoint, "https://git.example.com/oauth/authorize_device");
}

TEST(OauthPresets, Google) {
  const Rule rule = made("google", "europe-docker.pkg.dev");
  EXPECT_EQ(hosts("google"), (Words{"gcr.io", "*.gcr.io", "*.pkg.dev"}));
  EXPECT_EQ(rule.device_endpoint, "") << "it refuses the scopes of Google Cloud";
  EXPECT_EQ(rule.token_endpoint, "https://oauth2.googleapis.com/token");
  EXPECT_EQ(rule.scopes, Words{"https://www.googleapis.com/auth/cloud-platform"});
  EXPECT_EQ(rule.username.value, "oauth2accesstoken");
  const std::map<std::string, std::string> lasting{{"access_type", "offline"}, {"prompt", "consent"}};
  EXPECT_EQ(rule.authorization_parameters, lasting) << "without them there is no refresh token";
  const Rule other = made("google", "gcr.io", R"(,"authorization_parameters":{"prompt":"","hd":"example.com"})");
  const std::map<std::string, std::string> laid_over{{"access_type", "offline"}, {"hd", "example.com"}, {"prompt", ""}};
  EXPECT_EQ(other.authorization_parameters, laid_over);
}

TEST(OauthPresets, Azure) {
  const Rule rule = made("azure", "team.azurecr.io", kIssuer);
  EXPECT_EQ(hosts("azure"), (Words{"*.azurecr.io", "*.azurecr.cn", "*.azurecr.us", "*.azurecr.de"}));
  EXPECT_EQ(rule.mint.shape, Shape::acr);
  EXPECT_EQ(rule.scopes, (Words{"https://containerregistry.azure.net/.default", "offline_access"}));
  EXPECT_EQ(rule.username.value, "00000000-0000-0000-0000-000000000000");
  EXPECT_FALSE(rule.answer_token);
}

TEST(OauthPresets, Quay) {
  const Rule rule = made("quay", "quay.io", kIssuer);
  EXPECT_EQ(rule.mint.shape, Shape::access_token);
  EXPECT_EQ(rule.username.value, "$oauthtoken");
}

TEST(OauthPresets, Harbor) {
  const Rule rule = made("harbor", "harbor.example.com:8443", kIssuer);
  EXPECT_EQ(rule.scopes, (Words{"openid", "profile", "email", "offline_access"}));
  EXPECT_EQ(rule.mint.shape, Shape::http_json);
  EXPECT_EQ(rule.mint.method, "GET");
  EXPECT_EQ(rule.mint.authentication, "bearer");
  EXPECT_EQ(rule.mint.token, "id_token");
  EXPECT_EQ(rule.mint.endpoint, "https://harbor.example.com:8443/api/v2.0/users/current");
  EXPECT_EQ(rule.mint.secret_field, "/oidc_user_meta/secret");
  EXPECT_EQ(rule.username.source, UsernameRule::Source::field);
  EXPECT_EQ(rule.username.value, "/username");
}

TEST(OauthPresets, Gitea) {
  const Rule rule = made("gitea", "git.example.com", R"(,"issuer":"https://git.example.com/")");
  EXPECT_EQ(rule.authorization_endpoint, "https://git.example.com/login/oauth/authorize");
  EXPECT_EQ(rule.token_endpoint, "https://git.example.com/login/oauth/access_token");
  EXPECT_EQ(rule.device_endpoint, "") << "Gitea has no device flow";
}

TEST(OauthPresets, Openshift) {
  const Rule rule = made("openshift", "image-registry.apps.example.com", kIssuer);
  EXPECT_EQ(rule.token_endpoint, "https://id.example.com/realm/oauth/token");
  EXPECT_EQ(rule.mint.shape, Shape::access_token);
}

TEST(OauthPresets, Ibm) {
  const Rule rule = made("ibm", "de.icr.io");
  EXPECT_EQ(hosts("ibm"), (Words{"icr.io", "*.icr.io"}));
  EXPECT_EQ(rule.token_endpoint, "https://iam.cloud.ibm.com/identity/token");
  EXPECT_EQ(rule.username.value, "iambearer");
}

TEST(OauthPresets, Jfrog) {
  const Rule rule = made("jfrog", "team.jfrog.io", kIssuer + R"(,"mint":{"parameters":{"provider_name":"sso"}})");
  EXPECT_EQ(rule.mint.endpoint, "https://team.jfrog.io/access/api/v1/oidc/token");
  EXPECT_EQ(rule.mint.method, "POST");
  EXPECT_EQ(rule.mint.authentication, "json");
  EXPECT_EQ(rule.mint.parameters.at("grant_type"), "urn:ietf:params:oauth:grant-type:token-exchange");
  EXPECT_EQ(rule.mint.parameters.at("subject_token_type"), "urn:ietf:params:oauth:token-type:id_token");
  EXPECT_EQ(rule.mint.parameters.at("subject_token"), "{token}");
  EXPECT_EQ(rule.mint.parameters.at("provider_name"), "sso");
  EXPECT_EQ(rule.mint.secret_field, "/access_token");
}

TEST(OauthPresets, Digitalocean) {
  const Rule rule = made("digitalocean", "registry.digitalocean.com");
  EXPECT_EQ(rule.device_endpoint, "");
  EXPECT_EQ(rule.revocation_endpoint, "https://cloud.digitalocean.com/v1/oauth/revoke");
  EXPECT_TRUE(rule.mint.endpoint.starts_with("https://api.digitalocean.com/v2/registry/docker-credentials?"));
  EXPECT_TRUE(rule.mint.pair);
}

TEST(OauthPresets, GenericOnesUseTheSubject) {
  for (const char* name : {"oidc", "docker-auth"}) {
    const Rule rule = made(name, "registry.example.com", kIssuer);
    EXPECT_EQ(rule.mint.shape, Shape::access_token);
    EXPECT_EQ(rule.scopes, (Words{"openid", "offline_access"}));
    EXPECT_EQ(rule.username.source, UsernameRule::Source::claim);
    EXPECT_EQ(rule.username.value, "sub");
    EXPECT_EQ(rule.username.until, name == std::string("oidc") ? "" : "@");
  }
}

TEST(OauthPresets, AWildcardKeepsTheMarkOfTheRegistry) {
  const Rule rule = made("harbor", "*.example.com", kIssuer);
  EXPECT_EQ(for_registry(rule.mint.endpoint, "h.example.com"), "https://h.example.com/api/v2.0/users/current");
}

}  // namespace
}  // namespace keyberth::oauth
