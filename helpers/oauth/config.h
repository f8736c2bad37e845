// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/host.h"
#include "common/result.h"
#include "helpers/oauth/registry.h"  // IWYU pragma: export

namespace keyberth::oauth {

/// Where a minted credential's user name comes from.
struct UsernameRule {
  enum class Source { literal, claim, field };
  Source source = Source::literal;
  /// The name itself, a claim of the ID token, or a JSON pointer into the mint answer; an empty pointer takes the user
  /// of a `pair`.
  std::string value = "oauth2";
  /// The name ends before the first of these in the claim or field, as in front of the @ of an address; empty leaves it
  /// whole.
  std::string until = {};
};

enum class Shape { access_token, id_token, exchange, acr, http_json };

/// How a provider's token becomes a registry credential.
struct MintRule {
  Shape shape = Shape::access_token;
  // exchange (RFC 8693)
  std::string audience;
  std::string resource;
  std::string scope;
  std::string subject = "access_token";  ///< or id_token
  std::string requested_type;            ///< a token type URN; empty leaves it out
  std::string endpoint;                  ///< token endpoint of the exchange; empty is the session's own. acr: empty
                                         ///< is https://REGISTRY/oauth2/exchange. http-json: the URL
  // http-json: one request
  std::string method = "GET";
  std::string authentication = "bearer";  ///< bearer, basic (user from `basic_user`, password the token), form or json
  std::string basic_user;
  std::string token = "access_token";             ///< or id_token
  std::map<std::string, std::string> parameters;  ///< form or JSON members; the text {token} stands for the token
  std::string secret_field = "/token";            ///< JSON pointer
  std::string expires_field;                      ///< JSON pointer to seconds; empty when the answer has none
  bool pair = false;                              ///< at secret_field is base64 of user:password, as in docker's files
  std::string tenant;                             ///< acr
};

/// Everything about one registry (or several, by pattern). Made of the preset, the system's file and the user's file,
/// in this order; later ones win field by field.
struct Rule {
  std::string pattern;  ///< host, host:port, *.host (whole labels), lower case, as written in the file
  std::string preset;
  std::string issuer;  ///< https URL; empty when every endpoint is given
  std::string client_id;
  /// Sent with client_id where a provider wants one of native applications too (Google); RFC 8252 section 8.5: no
  /// secret, whatever its name.
  std::string client_secret;
  std::vector<std::string> scopes;
  std::string resource;  ///< RFC 8707, sent on authorization and token requests
  std::string audience;  ///< sent on authorization requests (Auth0 style)
  /// What a provider wants besides on authorization requests (RFC 6749 section 3.1); an empty value is not sent.
  std::map<std::string, std::string> authorization_parameters;
  // Explicit endpoints win over discovery.
  std::string device_endpoint;
  std::string authorization_endpoint;
  std::string token_endpoint;
  std::string revocation_endpoint;
  MintRule mint;
  UsernameRule username;
  bool answer_token = false;             ///< hand the credential out as <token>
  std::string session;                   ///< registries with the same non-empty name share one provider session
  std::vector<std::string> realm_hosts;  ///< hosts besides the registry that a challenge may name
  std::string ca_file;
  std::string client_certificate;    ///< PEM, shown to the hosts that this rule leads to; with client_key or not at all
  std::string client_key;            ///< PEM, without a pass phrase
  bool allow_http_loopback = false;  ///< http for literal loopback addresses, for tests and development
};

enum class Interactive { never, tty };

struct Config {
  std::string vault;  ///< suffix of a docker-credential helper; empty chooses the first that works
  Interactive interactive = Interactive::never;
  std::vector<Rule> rules;
  std::string user_file;  ///< where `login` and `store` write what is to be remembered
};

/// The one rule for a registry: an exact pattern before the longest wildcard. Null pointer without one.
[[nodiscard]] const Rule* find_rule(const Config& config, std::string_view registry);

/// Key of the provider session in the vault: "oauth+https://REGISTRY", or "oauth+https://session/NAME" for a rule with
/// a session name.
[[nodiscard]] std::string session_key(const Rule& rule, std::string_view registry);

/// Reads $XDG_CONFIG_HOME/docker-credential-oauth/config.json (~/.config by default) over the system's: the first
/// docker-credential-oauth/config.json below $XDG_CONFIG_DIRS, else below /etc. Missing files are empty ones. denied
/// for a file that somebody else could have written; bad_input with "FILE:LINE:COLUMN: ..." for wrong JSON, unknown
/// keys (with the nearest known one), wrong types, impossible rules (no client id, no way to an endpoint, endpoint not
/// https), two rules that match one host alike.
[[nodiscard]] Result<Config> load_config(const Host& host);

/// load_config for `config check`: besides, bad_input where the vault's program is not in PATH or a file that a rule
/// names cannot be read, which would only hurt the registry that needs it.
[[nodiscard]] Result<Config> check_config(const Host& host);

/// The same of one file alone. not_found when it is not there.
[[nodiscard]] Result<Config> check_config_file(const Host& host, const std::string& path);

/// The same on text, for the tests and the fuzzer. `name` stands for the file in messages.
[[nodiscard]] Result<Config> parse_config(std::string_view text, const std::string& name);

/// What `login` was told, or which vault was taken, for the next time. Empty members leave what is there.
struct Remembered {
  std::string registry;  ///< empty: only the vault is remembered
  std::string preset;
  std::string issuer;
  std::string client_id;
  std::vector<std::string> scopes;
  std::string vault;
};

/// Puts it into the user's file, into the rule of this registry or a new one, keeping everything else of the file
/// (comments inside a changed rule are lost). A new one for a registry that a wildcard named so far has all that the
/// wildcard's had, except its shared session. Another issuer takes explicit endpoints away, and another issuer or
/// client the client's secret. Atomic.
[[nodiscard]] Result<> remember(Host& host, const Remembered& what);

/// load_config as it will be after `remember`. Nothing is written. A mistake that this would make has "on the command
/// line: ..." in place of the file.
[[nodiscard]] Result<Config> preview(const Host& host, const Remembered& what);

/// A vendor's endpoints, scopes and user-name rule; never a client id.
struct Preset {
  std::string name;
  std::string note;                ///< one line: tried live, or from documentation
  std::vector<std::string> hosts;  ///< patterns for which `login` takes it by itself
  std::string settings;            ///< the members of a rule, as JSON text
};
[[nodiscard]] const std::vector<Preset>& presets();

/// The name of the preset for a registry that everybody knows; empty without one.
[[nodiscard]] std::string fitting_preset(std::string_view registry);

/// All of them, for a message.
[[nodiscard]] std::string preset_names();

}  // namespace keyberth::oauth
