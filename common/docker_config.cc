// SPDX-License-Identifier: Apache-2.0
#include "common/docker_config.h"

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "common/config_file.h"
#include "common/json.h"
#include "common/json_text.h"
#include "common/user_checks.h"

namespace keyberth {
namespace {

using json_text::add;
using json_text::edited;
using json_text::find;
using json_text::kBlank;
using json_text::Layout;
using json_text::layout_of;
using json_text::Member;
using json_text::Object;
using json_text::object_with;
using json_text::root_of;
using json_text::scan;
using json_text::text_of;
using json_text::without;

constexpr std::string_view kCredsStore = "credsStore";
constexpr std::string_view kCredHelpers = "credHelpers";
constexpr std::string_view kEmptyFile = "{}\n";

/// The places a setting has in the text.
struct Places {
  Object root;
  const Member* store = nullptr;    ///< credsStore
  const Member* helpers = nullptr;  ///< credHelpers
  std::optional<Object> entries;    ///< of credHelpers, when it is an object
};

Result<> look(std::string_view text, Places& places) {
  Result<Object> root = root_of(text);
  if (!root) {
    return pass_on(std::move(root));
  }
  places.root = *std::move(root);
  const Result<const Member*> store = find(places.root, kCredsStore, true);
  const Result<const Member*> helpers = find(places.root, kCredHelpers, true);
  if (!store || !helpers) {
    return tl::unexpected(store ? helpers.error() : store.error());
  }
  places.store = *store;
  places.helpers = *helpers;
  const auto is_null = [&](const Member& member) { return text.substr(member.value, 4) == "null"; };
  if (places.helpers != nullptr && text[places.helpers->value] == '{') {
    places.entries = scan(text, places.helpers->value);
  } else if (places.helpers != nullptr && !is_null(*places.helpers)) {
    return fail(ErrorKind::bad_input, "its credHelpers is no object", "mend it by hand; Docker cannot read it either");
  }
  if (places.store != nullptr && text[places.store->value] != '"' && !is_null(*places.store)) {
    return fail(ErrorKind::bad_input, "its credsStore is no text", "mend it by hand; Docker cannot read it either");
  }
  return {};
}

Result<const Member*> entry_of(const Places& places, const std::string& registry) {
  if (registry.empty()) {
    return places.store;
  }
  return places.entries ? find(*places.entries, registry, false) : Result<const Member*>(nullptr);
}

std::string set(std::string_view text, const Places& places, const Member* entry, const HelperSetting& setting) {
  const std::string value = write_json_string(setting.helper);
  if (entry != nullptr) {
    return edited(text, entry->value, entry->end, value);
  }
  const Layout layout = layout_of(text, places.root);
  if (setting.registry.empty()) {
    return add(text, places.root, std::string(kCredsStore), value, layout, 0);
  }
  if (places.entries) {
    return add(text, *places.entries, setting.registry, value, layout, 1);
  }
  const std::string member = object_with(write_json_string(setting.registry) + layout.colon + value, layout, 1);
  return places.helpers != nullptr ? edited(text, places.helpers->value, places.helpers->end, member)
                                   : add(text, places.root, std::string(kCredHelpers), member, layout, 0);
}

}  // namespace

Result<std::string> edit_docker_config(std::string_view text, const HelperSetting& setting) {
  const std::string whole(text.find_first_not_of(kBlank) == std::string_view::npos ? kEmptyFile : text);
  Places places;
  KEYBERTH_TRY(look(whole, places));
  const Result<const Member*> entry = entry_of(places, setting.registry);
  if (!entry) {
    return tl::unexpected(entry.error());
  }
  const bool is_set = text_of(whole, *entry) == setting.helper;
  if (setting.remove != is_set) {
    return std::string(text);
  }
  if (!setting.remove) {
    return set(whole, places, *entry, setting);
  }
  if (!setting.instead.empty()) {
    return edited(whole, (*entry)->value, (*entry)->end, setting.instead);
  }
  // What is set has a place; an emptied credHelpers goes as a whole.
  const bool last_helper = !setting.registry.empty() && places.entries->members.size() == 1;
  const Member* member = last_helper ? places.helpers : *entry;
  if (member == nullptr) {
    return std::string(text);
  }
  const bool in_root = setting.registry.empty() || last_helper;
  return without(whole, in_root ? places.root : *places.entries, *member);
}

Result<std::string> configured_helper(std::string_view text, const std::string& registry) {
  if (text.find_first_not_of(kBlank) == std::string_view::npos) {
    return "";
  }
  Places places;
  KEYBERTH_TRY(look(text, places));
  return entry_of(places, registry).map([&](const Member* entry) { return text_of(text, entry); });
}

Result<std::string> setting_json(std::string_view text, const std::string& registry) {
  if (text.find_first_not_of(kBlank) == std::string_view::npos) {
    return "";
  }
  Places places;
  KEYBERTH_TRY(look(text, places));
  return entry_of(places, registry).map([&](const Member* entry) {
    return std::string(entry == nullptr ? "" : text.substr(entry->value, entry->end - entry->value));
  });
}

Result<std::string> docker_config_path(const Host& host) {
  if (const auto folder = host.env("DOCKER_CONFIG")) {
    return *folder + "/config.json";
  }
  if (const auto home = host.env("HOME")) {
    return *home + "/.docker/config.json";
  }
  return fail(ErrorKind::unavailable, "neither DOCKER_CONFIG nor HOME is set", kSetHome);
}

Result<HelperNames> configured_helpers(std::string_view text) {
  HelperNames names;
  if (text.find_first_not_of(kBlank) == std::string_view::npos) {
    return names;
  }
  Places places;
  KEYBERTH_TRY(look(text, places));
  names.store = text_of(text, places.store);
  for (const Member& entry : places.entries ? places.entries->members : std::vector<Member>()) {
    names.registries[entry.key] = text_of(text, &entry);
  }
  return names;
}

Result<DockerConfigChange> change_docker_config(Host& host, const HelperSetting& setting) {
  const Result<std::string> path = docker_config_path(host);
  return path ? change_docker_config(host, *path, setting) : tl::unexpected(path.error());
}

Result<DockerConfigChange> change_docker_config(Host& host, const std::string& path, const HelperSetting& setting) {
  DockerConfigChange change{path, "", false};
  const Result<bool> changed = edit_file(host, path, [&](std::string_view text) {
    Result<std::string> former = configured_helper(text, setting.registry);
    if (!former) {
      return former;
    }
    change.former = *former;
    return edit_docker_config(text, setting);
  });
  if (!changed) {
    return tl::unexpected(changed.error());
  }
  change.changed = *changed;
  return change;
}

}  // namespace keyberth
