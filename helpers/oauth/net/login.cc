// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <ctime>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "common/docker_config.h"
#include "common/files.h"
#include "common/process.h"
#include "common/protocol.h"
#include "helpers/oauth/config.h"
#include "helpers/oauth/known.h"
#include "helpers/oauth/logins.h"
#include "helpers/oauth/net/answers.h"
#include "helpers/oauth/net/browser.h"
#include "helpers/oauth/net/commands.h"
#include "helpers/oauth/net/former.h"
#include "helpers/oauth/net/interrupt.h"
#include "helpers/oauth/net/login_options.h"
#include "helpers/oauth/net/login_text.h"
#include "helpers/oauth/net/mint.h"
#include "helpers/oauth/net/pending_host.h"
#include "helpers/oauth/net/qr.h"
#include "helpers/oauth/net/token_server.h"
#include "helpers/oauth/session_lock.h"
#include "helpers/oauth/vault.h"

namespace keyberth::oauth {
namespace {

constexpr const char* kHelper = "oauth";
constexpr const char* kProgram = "docker-credential-oauth";
constexpr std::chrono::seconds kLockWait{20};
constexpr std::size_t kConfigLimit = std::size_t{16} * 1024 * 1024;

/// One login, from the command line to the last line it prints.
class Attempt {
 public:
  Attempt(Tools& tools, LoginOptions options) : tools_(tools), options_(std::move(options)) {}

  Result<> run() {
    KEYBERTH_TRY(plan());
    Result<Vault> vault = choose_vault(tools_.host, config_.vault);
    if (!vault) {
      return pass_on(std::move(vault));
    }
    // Before anybody is asked for an approval.
    KEYBERTH_TRY(check_vault(tools_.host, *vault));
    if (config_.vault.empty()) {
      // Another one may be the first that works the next time, and would know nothing of this login.
      what_.vault = vault->name();
      told_ = true;
    }
    Result<Metadata> metadata = discover(tools_.http, rule_);
    if (!metadata) {
      return pass_on(std::move(metadata));
    }
    metadata_ = std::move(*metadata);
    KEYBERTH_TRY(log_in());
    Result<Session::Minted> minted = mint(tools_.http, rule_, registry_, session_, session_.obtained);
    if (!minted) {
      // Nobody will use these tokens; whether the provider could be told is no news beside the error.
      (void)revoke(tools_.http, rule_, session_);
      return pass_on(std::move(minted));
    }
    username_ = minted->username;
    if (session_.identity.empty()) {
      session_.identity = username_;
    }
    Session::Minted copy{registry_, username_, Secret(minted->secret.view()), minted->obtained, minted->expires};
    session_.put(std::move(copy));
    if (Result<> kept = keep(*vault); !kept) {
      (void)revoke(tools_.http, rule_, session_);
      return kept;
    }
    return finish(*vault, *minted);
  }

 private:
  /// Which registry, by which rule, and what of it is to be remembered.
  Result<> plan() {
    const std::optional<std::string> registry = registry_host(options_.host);
    if (!registry) {
      return fail(ErrorKind::usage, "not the address of a registry: " + printable(options_.host),
                  "give its host, such as registry.example.com or registry.example.com:5000");
    }
    registry_ = *registry;
    Result<Config> config = load_config(tools_.host);
    if (!config) {
      return pass_on(std::move(config));
    }
    config_ = std::move(*config);
    const Rule* known = find_rule(config_, registry_);
    const bool new_rule = known == nullptr || says_more_than(*known);
    const bool new_vault = !options_.vault.empty() && options_.vault != config_.vault;
    told_ = new_rule || new_vault;
    if (!told_) {
      rule_ = *known;
      return {};
    }
    if (new_rule) {
      what_ = {registry_, options_.preset, options_.issuer, options_.client_id, options_.scopes, {}};
    }
    what_.vault = options_.vault;
    if (known == nullptr && what_.preset.empty()) {
      what_.preset = usual_preset();
    }
    if (known == nullptr && what_.client_id.empty()) {
      return fail(ErrorKind::bad_input, "nothing is known yet about how to log in to " + registry_,
                  "say which provider and which of its clients the first time, and it is remembered:\n"
                  "docker-credential-oauth login " +
                      registry_ +
                      " --issuer https://idp.example.com --client-id ID\nor --preset NAME --client-id ID; " +
                      "presets: " + preset_names());
    }
    Result<Config> then = preview(tools_.host, what_);
    if (!then) {
      return pass_on(std::move(then));
    }
    former_vault_ = config_.vault;
    config_ = std::move(*then);
    const Rule* rule = find_rule(config_, registry_);
    if (rule == nullptr) {
      return fail(ErrorKind::internal, "the rule of " + registry_ + " is not found again");
    }
    rule_ = *rule;
    return {};
  }

  /// Whether the command line has something for the rule that it does not have already.
  [[nodiscard]] bool says_more_than(const Rule& rule) const {
    const auto differs = [](const auto& said, const auto& known) { return !said.empty() && said != known; };
    return differs(options_.preset, rule.preset) || differs(options_.issuer, rule.issuer) ||
           differs(options_.client_id, rule.client_id) || differs(options_.scopes, rule.scopes);
  }

  /// For a registry that nothing is known about: its vendor's, or OpenID Connect for an issuer, if an ID token is
  /// wanted.
  [[nodiscard]] std::string usual_preset() const {
    const auto& scopes = options_.scopes;
    const bool openid = scopes.empty() || std::find(scopes.begin(), scopes.end(), "openid") != scopes.end();
    const std::string vendors = fitting_preset(registry_);
    return vendors.empty() && !options_.issuer.empty() && openid ? "oidc" : vendors;
  }

  /// Through the provider, with the person. Fills the session.
  Result<> log_in() {
    const bool only_browser = metadata_.device_authorization_endpoint.empty() &&
                              !metadata_.authorization_endpoint.empty() && !tools_.screen.uses_events();
    std::string nonce;
    PendingHost host(tools_.host, tools_.screen);
    Result<Tokens> tokens =
        options_.web || only_browser
            ? web_flow(
                  host, tools_.http, rule_, metadata_, [&](const std::string& url) { return show_web(url); }, nonce)
            : device_flow(host, tools_.http, rule_, metadata_, [&](const DeviceCode& code) { return show_code(code); });
    if (!tokens) {
      return pass_on(std::move(tokens));
    }
    session_.issuer = rule_.issuer;
    session_.client_id = rule_.client_id;
    session_.token_endpoint = metadata_.token_endpoint;
    session_.revocation_endpoint = metadata_.revocation_endpoint;
    session_.scope = tokens->scope;
    session_.obtained = std::time(nullptr);
    session_.expires = tokens->expires;
    session_.access_token = std::move(tokens->access_token);
    session_.refresh_token = std::move(tokens->refresh_token);
    // Without an issuer there is nobody to compare an ID token with, so it means nothing.
    return tokens->id_token.empty() || rule_.issuer.empty() ? Result<>() : identify(std::move(tokens->id_token), nonce);
  }

  Result<> identify(Secret id_token, const std::string& nonce) {
    Result<Json> claims = id_token_claims(id_token.view(), metadata_, rule_, nonce, session_.obtained);
    if (!claims) {
      (void)revoke(tools_.http, rule_, session_);
      return pass_on(std::move(claims));
    }
    for (const char* name : {"preferred_username", "email", "name", "sub"}) {
      if (session_.identity.empty()) {
        session_.identity = printable(claims->text(name).value_or(""));
      }
    }
    session_.id_token = std::move(id_token);
    return {};
  }

  Result<> show_code(const DeviceCode& code) {
    const Screen& screen = tools_.screen;
    const Request request = request_of(rule_, metadata_, registry_);
    const std::string& address =
        code.verification_uri_complete.empty() ? code.verification_uri : code.verification_uri_complete;
    std::string picture;
    if (options_.qr && screen.is_terminal() && screen.shows_utf8()) {
      const QrCode qr = qr_code(address);
      picture = !qr.empty() && qr_width(qr) <= screen.columns() ? draw_qr(qr, screen.shows_colour()) : "";
    }
    screen.say(device_text(code, request, picture, screen.shows_colour()));
    screen.event(device_event(code, request));
    const bool may_open = options_.browser && !screen.uses_events();
    if (may_open && (screen.is_terminal() || tools_.host.env("BROWSER")) && open_browser(tools_.host, address)) {
      screen.say("Your browser should show the page now.\n");
    }
    return {};
  }

  Result<> show_web(const std::string& url) {
    const Request request = request_of(rule_, metadata_, registry_);
    const bool opened = options_.browser && open_browser(tools_.host, url);
    tools_.screen.say(web_text(url, request, opened));
    tools_.screen.event(web_event(url, request));
    return {};
  }

  /// Session and rule are stored together or not at all.
  Result<> keep(Vault& vault) {
    const Uninterrupted whole;
    const std::string key = session_key(rule_, registry_);
    const Result<FileLock> lock = lock_session(tools_.host, key, kLockWait);
    if (!lock) {
      return tl::unexpected(lock.error());
    }
    if (Result<Session> former = vault.load(key)) {
      former_ = std::move(*former);
      session_.logged_out = former_->logged_out;
      std::erase(session_.logged_out, registry_);
    }
    if (!former_vault_.empty() && former_vault_ != vault.name()) {
      remember_sessions_of(tools_.host, config_, Vault(tools_.host, former_vault_));
    }
    KEYBERTH_TRY(vault.save(key, session_));
    if (Result<> remembered = told_ ? remember(tools_.host, what_) : Result<>(); !remembered) {
      (void)(former_ ? vault.save(key, *former_) : vault.erase(key));
      return remembered;
    }
    if (Result<> known = remember_login(tools_.host, {registry_, username_, vault.name(), key}); !known) {
      tools_.host.debug("login: " + known.error().message);
    }
    set_last_words("\nThe login to " + registry_ + " is stored, but Docker was not told to use it; to do that:\n" +
                   "  docker-credential-oauth configure --registry " + shell_word(docker_names().back()) + "\n");
    return {};
  }

  /// The login is stored; whether it is of use, and what is still missing.
  Result<> finish(const Vault& vault, const Session::Minted& minted) {
    std::string text = "\nLogged in to " + registry_ + " as " + printable(session_.identity) + ".\n";
    text += "  session   kept in docker-credential-" + vault.name() + why_this_vault() + "\n";
    if (session_.refresh_token.empty()) {
      text += "  renewal   none: the provider gave no refresh token" +
              std::string(session_.expires == 0 ? "" : "; it ends with the access token") +
              "\n            (many give one for the scope offline_access)\n";
    }
    if (const std::string missing = missing_scopes(scope_of(rule_), granted_scopes()); !missing.empty()) {
      text += "  scopes    not granted: " + printable(missing) + "\n";
    }
    tools_.screen.say(text);
    const Known now{registry_, username_, vault.name(), session_key(rule_, registry_)};
    tools_.screen.say(end_former(tools_, config_, now, session_, former_));
    Trial trial = try_credential(tools_.http, rule_, registry_, minted);
    tools_.screen.say(trial_text(trial));
    if (trial.outcome == Trial::Outcome::refused && !options_.force) {
      trial.error.hint =
          "the login is kept, but Docker was not told to use it. Look at user name, scopes and mint in the rule\nor go "
          "on all the same: docker-credential-oauth login --force " +
          registry_;
      return tl::unexpected(std::move(trial.error));
    }
    KEYBERTH_TRY(tell_docker());
    tell_end(vault, trial);
    return {};
  }

  /// What the provider says that it granted, and what the tokens themselves show: with a resource (RFC 8707), some name
  /// the resource's scopes only.
  [[nodiscard]] std::string granted_scopes() const {
    std::string scopes = session_.scope;
    if (!scopes.empty()) {
      scopes += session_.refresh_token.empty() ? "" : " offline_access";
      scopes += session_.id_token.empty() ? "" : " openid";
    }
    return scopes;
  }

  [[nodiscard]] std::string why_this_vault() const {
    if (!options_.vault.empty()) {
      return ", as you said";
    }
    return config_.vault.empty() ? " from now on, the first that works here" : ", as configured";
  }

  /// Names of the registry in Docker's file.
  [[nodiscard]] std::vector<std::string> docker_names() const {
    std::vector<std::string> names{registry_};
    if (registry_ == "docker.io") {
      names.emplace_back("https://index.docker.io/v1/");
    }
    return names;
  }

  /// credHelpers of Docker's config.json, unless this helper serves every registry anyway.
  Result<> tell_docker() {
    const Uninterrupted whole;
    const Result<std::string> path = docker_config_path(tools_.host);
    const Result<std::string> text = path ? read_file(*path, kConfigLimit) : path;
    const auto all = text ? configured_helper(*text, "") : Result<std::string>("");
    for (const std::string& name : docker_names()) {
      const auto one = text ? configured_helper(*text, name) : Result<std::string>("");
      if (all && one && *all == kHelper && one->empty()) {
        continue;
      }
      Result<DockerConfigChange> change = change_docker_config(tools_.host, {name, kHelper});
      if (!change) {
        change.error().hint = "the login is stored; to use it, put into that file: {\"credHelpers\": {\"" + name +
                              "\": \"oauth\"}}\n" + change.error().hint;
        return pass_on(std::move(change));
      }
      if (change->changed) {
        tools_.screen.say("  docker    " + printable(change->path) + " asks this helper for " + name +
                          (change->former.empty() ? "" : ", no longer " + printable(change->former)) + "\n");
      }
    }
    set_last_words("\nThe login to " + registry_ + " is stored, and Docker uses it.\n");
    return {};
  }

  void tell_end(const Vault& vault, const Trial& trial) {
    if (find_program(tools_.host, kProgram).empty()) {
      tools_.screen.say(std::string("  warning   ") + kProgram +
                        " is in no folder of PATH, so Docker will not find it and go on without a login\n");
    }
    const std::vector<Known> left = left_behind(tools_.host, config_, vault.name());
    tools_.screen.say(left_behind_text(left));
    tools_.screen.say("\nNext: docker pull " + registry_ + "/NAME\n");
    Json event = Json::make_object();
    event.set("event", Json::of("done"));
    event.set("registry", Json::of(std::string_view(registry_)));
    event.set("identity", Json::of(std::string_view(session_.identity)));
    event.set("username", Json::of(std::string_view(username_)));
    event.set("vault", Json::of(std::string_view(vault.name())));
    event.set("renews", Json::of(!session_.refresh_token.empty()));
    const bool tried = trial.outcome == Trial::Outcome::accepted || trial.outcome == Trial::Outcome::refused;
    event.set("accepted", tried ? Json::of(trial.outcome == Trial::Outcome::accepted) : Json());
    if (!trial.error.message.empty()) {
      const std::string warning = printable(trial.error.message, 500);
      event.set("warning", Json::of(std::string_view(warning)));
    }
    event.set("left_behind",
              Json::array_of(left, [](const Known& login) { return Json::of(std::string_view(login.registry)); }));
    tools_.screen.event(event);
  }

  Tools& tools_;
  LoginOptions options_;
  std::string registry_;
  Config config_;
  std::string former_vault_;  ///< when another one is configured from now on
  Rule rule_;
  bool told_ = false;  ///< whether there is something to remember
  Remembered what_;
  Metadata metadata_;
  Session session_;
  std::optional<Session> former_;  ///< whose place it takes
  std::string username_;
};

}  // namespace

Result<> login(Tools& tools, const Arguments& arguments) {
  Result<LoginOptions> options = parse_login(arguments);
  if (!options) {
    return pass_on(std::move(options));
  }
  if (options->json) {
    tools.screen.use_events();
  }
  leave_on_interrupt();
  return Attempt(tools, std::move(*options)).run();
}

}  // namespace keyberth::oauth
