// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/config.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string>
#include <utility>

#include "common/files.h"
#include "common/process.h"
#include "common/protocol.h"
#include "common/utf8.h"
#include "helpers/oauth/config_place.h"
#include "helpers/oauth/edit.h"
#include "helpers/oauth/json.h"
#include "helpers/oauth/schema.h"

namespace keyberth::oauth {
namespace {

constexpr std::size_t kFileLimit = std::size_t{1024} * 1024;

/// The name of a text that is in no file yet. What was there before is right, so a mistake is in what was added.
constexpr std::string_view kCommandLine = "on the command line";

/// One file, parsed.
struct Layer {
  std::string name;
  std::string text;
  Json tree;
};

/// What the files say about one registry, the system's file first.
struct Entry {
  std::string pattern;
  std::vector<std::pair<const Layer*, const Json*>> parts;
};

tl::unexpected<Error> explain(const Layer& layer, const Mistake& mistake) {
  const std::string where =
      layer.name == kCommandLine ? layer.name : layer.name + ":" + place(layer.text, mistake.offset);
  return fail(ErrorKind::bad_input, where + ": " + mistake.message, mistake.hint);
}

Result<Layer> parse_layer(std::string text, const std::string& name) {
  Layer layer{name, std::move(text), Json::make_object()};
  if (trim(layer.text).empty()) {
    return layer;
  }
  Result<Json> tree = parse_json(layer.text, {.comments = true, .limit = kFileLimit});
  if (!tree) {
    return fail(ErrorKind::bad_input, name + ":" + tree.error().message, "see: man docker-credential-oauth.json");
  }
  layer.tree = std::move(*tree);
  return layer;
}

Result<Layer> read_layer(const std::string& path) {
  if (path.empty()) {
    return parse_layer({}, path);
  }
  KEYBERTH_TRY(check_owner(path));
  Result<std::string> text = read_file(path, kFileLimit);
  if (!text && text.error().kind != ErrorKind::not_found) {
    return pass_on(std::move(text));
  }
  return parse_layer(text ? std::move(*text) : std::string(), path);
}

/// Sorts the rules of a file to the registries they are for.
Result<> collect(const Layer& layer, std::vector<Entry>& entries) {
  const Json* registries = layer.tree.find("registries");
  if (registries == nullptr) {
    return {};
  }
  for (const auto& [name, rule] : registries->object) {
    const Result<std::string> pattern = registry_pattern(name);
    if (!pattern) {
      return explain(layer, {rule.name_begin, pattern.error().message, pattern.error().hint});
    }
    auto entry =
        std::find_if(entries.begin(), entries.end(), [&](const Entry& known) { return known.pattern == *pattern; });
    if (entry == entries.end()) {
      entry = entries.insert(entries.end(), Entry{*pattern, {}});
    } else if (entry->parts.back().first == &layer) {
      const Json& other = *entry->parts.back().second;
      return explain(
          layer, {rule.name_begin,
                  "\"" + printable(name) + "\" is the same registry as that at " + place(layer.text, other.name_begin),
                  "keep one of the two rules"});
    }
    entry->parts.emplace_back(&layer, &rule);
  }
  return {};
}

/// The one of several things with a pattern that counts for a registry: an exact pattern before the longest wildcard.
template <class Item>
const Item* best_match(const std::vector<Item>& items, std::string_view registry) {
  const Item* best = nullptr;
  for (const Item& item : items) {
    if (!matches(item.pattern, registry)) {
      continue;
    }
    if (!item.pattern.starts_with("*.")) {
      return &item;
    }
    if (best == nullptr || item.pattern.size() > best->pattern.size()) {
      best = &item;
    }
  }
  return best;
}

/// What a new rule for one registry begins with: the rule of the wildcard that it takes the place of, without the
/// session, which it does not share any more. Empty when there is none, or the registry has a rule of its own.
Json start_of_rule(const std::vector<Entry>& entries, const std::string& registry) {
  Json rule = Json::make_object();
  const Entry* entry = best_match(entries, registry);
  if (entry == nullptr || entry->pattern == registry) {
    return rule;
  }
  for (const auto& [layer, part] : entry->parts) {
    rule = laid_over(std::move(rule), *part);
  }
  std::erase_if(rule.object, [](const auto& member) { return member.first == "session"; });
  return rule;
}

Outcome apply_preset(const Entry& entry, Rule& rule, const Layer*& guilty) {
  const Json* name = nullptr;
  for (const auto& [layer, part] : entry.parts) {
    if (const Json* member = part->find("preset"); member != nullptr) {
      name = member;
      guilty = layer;
    }
  }
  if (name == nullptr) {
    return {};
  }
  const auto& all = presets();
  const auto preset =
      std::find_if(all.begin(), all.end(), [&](const Preset& known) { return known.name == name->string; });
  if (preset == all.end()) {
    std::vector<std::string_view> names;
    std::transform(all.begin(), all.end(), std::back_inserter(names),
                   [](const Preset& known) { return std::string_view(known.name); });
    const std::string close = nearest(name->string, names);
    return tl::unexpected(Mistake{
        name->begin, "there is no preset \"" + printable(name->string) + "\"",
        close.empty() ? "see all of them: docker-credential-oauth config presets" : "did you mean \"" + close + "\"?"});
  }
  const Result<Json> settings = parse_json(preset->settings);
  return settings ? apply_rule(*settings, rule)
                  : tl::unexpected(Mistake{name->begin, "this preset is broken", settings.error().message});
}

/// Replaces {issuer}, which presets use, and for a rule of one registry {registry}.
void fill_in(Rule& rule) {
  constexpr std::string_view kMark = "{issuer}";
  std::string base = rule.issuer;
  while (base.ends_with('/')) {
    base.pop_back();
  }
  for (std::string* text : {&rule.device_endpoint, &rule.authorization_endpoint, &rule.token_endpoint,
                            &rule.revocation_endpoint, &rule.mint.endpoint}) {
    if (text->starts_with(kMark)) {
      // Without an issuer nothing is left, and the rule's check asks for one.
      *text = base.empty() ? std::string() : base + text->substr(kMark.size());
    }
  }
  if (!rule.pattern.starts_with("*.")) {
    rule.mint.endpoint = for_registry(rule.mint.endpoint, rule.pattern);
  }
}

Result<Rule> build_rule(const Entry& entry) {
  Rule rule;
  rule.pattern = entry.pattern;
  const Layer* guilty = entry.parts.back().first;
  if (Outcome applied = apply_preset(entry, rule, guilty); !applied) {
    return explain(*guilty, applied.error());
  }
  for (const auto& [layer, part] : entry.parts) {
    if (Outcome applied = apply_rule(*part, rule); !applied) {
      return explain(*layer, applied.error());
    }
  }
  fill_in(rule);
  const auto locate = [&](std::string_view pointer) {
    for (auto part = entry.parts.rbegin(); part != entry.parts.rend(); ++part) {
      if (const Json* value = part->second->at_pointer(pointer); value != nullptr) {
        guilty = part->first;
        return value->begin;
      }
    }
    guilty = entry.parts.back().first;
    return entry.parts.back().second->name_begin;
  };
  guilty = entry.parts.back().first;
  if (Outcome checked = check_rule(rule, locate); !checked) {
    return explain(*guilty, checked.error());
  }
  return rule;
}

bool same_provider(const Rule& a, const Rule& b) {
  return a.issuer == b.issuer && a.client_id == b.client_id && a.token_endpoint == b.token_endpoint &&
         a.scopes == b.scopes && a.resource == b.resource && a.audience == b.audience;
}

/// Rules with one session must mean one login.
Result<> check_sessions(const Config& config, const std::vector<Entry>& entries) {
  for (std::size_t i = 0; i < config.rules.size(); ++i) {
    const Rule& rule = config.rules[i];
    const auto other = std::find_if(config.rules.begin(), config.rules.end(), [&](const Rule& candidate) {
      return !rule.session.empty() && candidate.session == rule.session && !same_provider(candidate, rule);
    });
    if (other != config.rules.end()) {
      const auto& [layer, part] = entries[i].parts.back();
      const Json* session = part->find("session");
      return explain(*layer, {session == nullptr ? part->name_begin : session->begin,
                              "the session \"" + rule.session + "\" is shared with " + other->pattern +
                                  ", which has another provider, client, scope or resource",
                              "make them equal, or give this registry a session of its own"});
    }
  }
  return {};
}

/// The programs and files that a configuration names must be there.
Result<> check_surroundings(const Host& host, const std::vector<const Layer*>& layers,
                            const std::vector<Entry>& entries) {
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
    const Json* vault = (*layer)->tree.find("vault");
    if (vault != nullptr && find_program(host, "docker-credential-" + vault->string).empty()) {
      return explain(**layer, {vault->begin, "docker-credential-" + vault->string + " is not in PATH",
                               "install it, or name a vault that is: \"secretservice\", \"pass\" or \"keyctl\""});
    }
    if (vault != nullptr) {
      break;  // it stands before that of the system's file
    }
  }
  for (const Entry& entry : entries) {
    for (const char* name : {"ca_file", "client_certificate", "client_key"}) {
      const auto part = std::find_if(entry.parts.rbegin(), entry.parts.rend(),
                                     [&](const auto& one) { return one.second->find(name) != nullptr; });
      const Json* file = part == entry.parts.rend() ? nullptr : part->second->find(name);
      if (file != nullptr && !file->string.empty() && access(file->string.c_str(), R_OK) != 0) {
        Error error = system_error("read", printable(file->string), errno);
        return explain(*part->first, {file->begin, std::move(error.message), std::move(error.hint)});
      }
    }
  }
  return {};
}

/// With `host`, what is named outside the files must be there too.
Result<Config> build(const std::vector<const Layer*>& layers, const Host* host = nullptr) {
  Config config;
  std::vector<Entry> entries;
  for (const Layer* layer : layers) {
    if (Outcome applied = apply_settings(layer->tree, config); !applied) {
      return explain(*layer, applied.error());
    }
    KEYBERTH_TRY(collect(*layer, entries));
  }
  for (const Entry& entry : entries) {
    Result<Rule> rule = build_rule(entry);
    if (!rule) {
      return pass_on(std::move(rule));
    }
    config.rules.push_back(std::move(*rule));
  }
  KEYBERTH_TRY(check_sessions(config, entries));
  if (host != nullptr) {
    KEYBERTH_TRY(check_surroundings(*host, layers, entries));
  }
  return config;
}

Result<Config> load(const Host& host, const std::string& path, const Result<Layer>& user) {
  const Result<Layer> system = read_layer(system_file(host));
  for (const Result<Layer>* layer : {&system, &user}) {
    if (!*layer) {
      return tl::unexpected(layer->error());
    }
  }
  Result<Config> config = build({&*system, &*user});
  if (config) {
    config->user_file = path;
  }
  return config;
}

/// The text of the user's file with `what` put in.
Result<std::string> changed_text(const Host& host, const Layer& user, const Remembered& what) {
  const Result<Layer> system = read_layer(system_file(host));
  if (!system) {
    return tl::unexpected(system.error());
  }
  std::vector<Entry> entries;
  KEYBERTH_TRY(collect(*system, entries));
  KEYBERTH_TRY(collect(user, entries));
  return with_rule(user.text, user.tree, what, start_of_rule(entries, what.registry));
}

}  // namespace

const Rule* find_rule(const Config& config, std::string_view registry) { return best_match(config.rules, registry); }

std::string session_key(const Rule& rule, std::string_view registry) {
  return "oauth+https://" + (rule.session.empty() ? std::string(registry) : "session/" + rule.session);
}

Result<Config> load_config(const Host& host) {
  const std::string path = user_file(host);
  return load(host, path, read_layer(path));
}

Result<Config> check_config(const Host& host) {
  const Result<Layer> system = read_layer(system_file(host));
  const Result<Layer> user = system ? read_layer(user_file(host)) : tl::unexpected(system.error());
  return user ? build({&*system, &*user}, &host) : tl::unexpected(user.error());
}

Result<Config> check_config_file(const Host& host, const std::string& path) {
  KEYBERTH_TRY(check_owner(path));
  Result<std::string> text = read_file(path, kFileLimit);
  const Result<Layer> layer = text ? parse_layer(std::move(*text), path) : tl::unexpected(text.error());
  return layer ? build({&*layer}, &host) : tl::unexpected(layer.error());
}

Result<Config> preview(const Host& host, const Remembered& what) {
  const std::string path = user_file(host);
  const Result<Layer> layer = read_layer(path);
  if (!layer) {
    return tl::unexpected(layer.error());
  }
  Result<std::string> text = changed_text(host, *layer, what);
  return text ? load(host, path, parse_layer(std::move(*text), std::string(kCommandLine)))
              : tl::unexpected(text.error());
}

Result<> remember(Host& host, const Remembered& what) {
  KEYBERTH_TRY(check_writable(host));
  const std::string path = user_file(host);
  const std::string folder = path.substr(0, path.rfind('/'));
  KEYBERTH_TRY(make_folders(folder));
  const Result<FileLock> lock = FileLock::acquire(host, folder + "/.lock", std::chrono::seconds(5));
  if (!lock) {
    return tl::unexpected(lock.error());
  }
  const Result<Layer> layer = read_layer(path);
  if (!layer) {
    return tl::unexpected(layer.error());
  }
  // A link, as people have who keep their configuration elsewhere, stays one.
  std::error_code problem;
  const std::string target = std::filesystem::canonical(path, problem).string();
  const Result<std::string> text = changed_text(host, *layer, what);
  return text ? replace_file(problem ? path : target, *text) : tl::unexpected(text.error());
}

Result<Config> parse_config(std::string_view text, const std::string& name) {
  const Result<Layer> layer = parse_layer(std::string(text), name);
  return layer ? build({&*layer}) : tl::unexpected(layer.error());
}

}  // namespace keyberth::oauth
