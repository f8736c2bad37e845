// SPDX-License-Identifier: Apache-2.0
#include "helpers/secretservice/secretservice_store.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "common/protocol.h"
#include "helpers/secretservice/items.h"
#include "helpers/secretservice/provider.h"
#include "helpers/secretservice/service.h"
#include "helpers/secretservice/turn.h"

namespace keyberth {
namespace {

std::vector<std::string> paths_of(const std::vector<Found>& found) {
  std::vector<std::string> paths;
  paths.reserve(found.size());
  for (const Found& each : found) {
    paths.push_back(each.path);
  }
  return paths;
}

/// Those of `found` that belong to `server`, or may do so, newest first.
Result<std::vector<Item>> candidates(SecretService& service, const std::string& server,
                                     const std::vector<Found>& found) {
  auto described = service.describe(paths_of(found));
  if (!described) {
    return pass_on(std::move(described));
  }
  std::vector<Item> items;
  for (std::size_t i = 0; i < found.size(); ++i) {
    std::optional<Item>& item = (*described)[i];
    if (item) {
      item->locked = item->locked || found[i].locked;
      if (hides_attributes(*item) || belongs_to(*item, server)) {
        items.push_back(*std::move(item));
      }
    }
  }
  std::sort(items.begin(), items.end(), is_newer);
  return items;
}

/// The item unlocked, all of its attributes shown; nothing when it turns out not to belong to `server`. May ask a
/// person.
Result<std::optional<Item>> unlocked(SecretService& service, const std::string& server, Item item) {
  if (!item.locked) {
    return item;
  }
  KEYBERTH_TRY(service.unlock(item.path));
  const std::string path = item.path;
  auto described = service.describe({&path, 1});
  if (!described) {
    return pass_on(std::move(described));
  }
  std::optional<Item>& shown = described->front();
  if (shown && shown->locked) {
    return fail(ErrorKind::locked, capitalized(service.provider()) + " is still locked", service.unlock_hint());
  }
  return shown && belongs_to(*shown, server) ? std::move(shown) : std::nullopt;
}

/// The newest credential among `found`; not_found when none of these belongs to `server`.
Result<Credential> read(SecretService& service, const std::string& server, const std::vector<Found>& found) {
  auto items = candidates(service, server, found);
  if (!items) {
    return pass_on(std::move(items));
  }
  for (Item& candidate : *items) {
    auto item = unlocked(service, server, std::move(candidate));
    if (!item) {
      return pass_on(std::move(item));
    }
    if (!item->has_value()) {
      continue;
    }
    auto secret = service.secret((*item)->path);
    if (!secret) {
      return pass_on(std::move(secret));
    }
    if (secret->has_value() && (*secret)->empty() && service.provider() == kKWallet) {
      // It saves attributes at once and secrets later: after a crash only the former are there.
      return fail(ErrorKind::damaged, "KWallet has no secret for " + server + "; it was ended before it had saved one",
                  "Log in again:\n  docker login " + server);
    }
    if (secret->has_value()) {
      return Credential{server, value((*item)->attributes, "username").value_or(""), **std::move(secret)};
    }
  }
  return fail(ErrorKind::not_found, std::string(kNotFound));
}

/// Paths of everything stored for `keys`, unlocked. May ask a person.
Result<std::vector<std::string>> unlocked_items(SecretService& service, std::span<const std::string> keys,
                                                const std::vector<std::vector<Found>>& found) {
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    auto items = candidates(service, keys[i], found[i]);
    if (!items) {
      return pass_on(std::move(items));
    }
    for (Item& candidate : *items) {
      auto item = unlocked(service, keys[i], std::move(candidate));
      if (!item) {
        return pass_on(std::move(item));
      }
      if (item->has_value()) {
        paths.push_back((*item)->path);
      }
    }
  }
  return paths;
}

/// The default collection, made if there is none, and unlocked. May ask a person.
Result<std::string> open_collection(SecretService& service) {
  auto collection = service.default_collection();
  if (!collection) {
    return pass_on(std::move(collection));
  }
  if (!collection->has_value()) {
    return service.create_default_collection();
  }
  const auto locked = service.is_locked(**collection);
  if (!locked) {
    return tl::unexpected(locked.error());
  }
  if (*locked) {
    KEYBERTH_TRY(service.unlock(**collection));
  }
  return **std::move(collection);
}

/// Removes what else is stored for the server: other user names, items of other programs. The new item is in place and
/// is the newest, which is what `get` answers; so nothing that goes wrong here is worth failing the login for, and no
/// locked keyring is opened for it.
void remove_siblings(Host& host, SecretService& service, const std::string& server, const std::string& kept) {
  const Attributes wanted = query(server);
  auto found = service.search({&wanted, 1});
  if (found) {
    std::erase_if(found->front(), [&](const Found& each) { return each.path == kept; });
  }
  const auto items = found ? candidates(service, server, found->front()) : tl::unexpected(found.error());
  if (!items) {
    host.debug("older entries stay: " + items.error().message);
    return;
  }
  for (const Item& item : *items) {
    const auto removed = item.locked ? fail(ErrorKind::locked, "it is locked") : service.remove(item.path);
    host.debug("older entry " + item.path + (removed ? " removed" : " stays: " + removed.error().message));
  }
}

/// The user name of the newest of several items of one server; times are asked for only when there are several.
Result<std::string> newest_username(SecretService& service, const std::vector<Found>& found,
                                    const std::vector<std::optional<Attributes>>& attributes,
                                    const std::vector<std::size_t>& indexes) {
  if (indexes.size() == 1) {
    return value(*attributes[indexes.front()], "username").value_or("");
  }
  std::vector<std::string> paths;
  paths.reserve(indexes.size());
  for (const std::size_t index : indexes) {
    paths.push_back(found[index].path);
  }
  const auto items = service.describe(paths);
  if (!items) {
    return tl::unexpected(items.error());
  }
  std::optional<Item> newest;
  for (const std::optional<Item>& item : *items) {
    if (item && (!newest || is_newer(*item, *newest))) {
      newest = item;
    }
  }
  return newest ? value(newest->attributes, "username").value_or("") : "";
}

std::vector<Attributes> queries(std::span<const std::string> keys) {
  std::vector<Attributes> result;
  for (const std::string& key : keys) {
    result.push_back(query(key));
  }
  return result;
}

}  // namespace

Result<Credential> SecretServiceStore::get(std::span<const std::string> keys) {
  auto service = SecretService::connect(host_);
  if (!service) {
    return pass_on(std::move(service));
  }
  // The first key is the usual hit and is asked for alone; the aliases behind it go out together.
  for (const auto part : {keys.first(1), keys.subspan(1)}) {
    const auto found = (*service)->search(queries(part));
    if (!found) {
      return tl::unexpected(found.error());
    }
    for (std::size_t i = 0; i < part.size(); ++i) {
      if (!(*found)[i].empty()) {
        auto credential = read(**service, part[i], (*found)[i]);
        if (credential || credential.error().kind != ErrorKind::not_found) {
          return credential;
        }
      }
    }
  }
  return fail(ErrorKind::not_found, std::string(kNotFound));
}

Result<> SecretServiceStore::store(const Credential& credential) {
  auto service = SecretService::connect(host_);
  if (!service) {
    return pass_on(std::move(service));
  }
  if (credential.secret.view().find('\0') != std::string_view::npos && (*service)->provider() == kKWallet) {
    return fail(ErrorKind::limit, "KWallet cannot keep a secret with a zero byte in it");
  }
  // Parallel stores of one server would each remove what the others have just stored.
  const auto turn = wait_for_turn(host_, "store");
  if (!turn) {
    return tl::unexpected(turn.error());
  }
  auto collection = open_collection(**service);
  if (!collection) {
    return pass_on(std::move(collection));
  }
  const Attributes attributes{{"label", "Docker Credentials"},
                              {"server", credential.server},
                              {"username", credential.username},
                              {"docker_cli", "1"},
                              {"xdg:schema", kSchema}};
  const auto created = (*service)->create_item(*collection, credential.server, attributes, credential.secret);
  if (!created) {
    return tl::unexpected(created.error());
  }
  if (*created) {
    remove_siblings(host_, **service, credential.server, **created);
  }
  return {};
}

Result<> SecretServiceStore::erase(std::span<const std::string> keys) {
  auto connected = SecretService::connect(host_);
  if (!connected) {
    return pass_on(std::move(connected));
  }
  SecretService& service = **connected;
  const auto found = service.search(queries(keys));
  if (!found) {
    return tl::unexpected(found.error());
  }
  const auto paths = unlocked_items(service, keys, *found);
  if (!paths) {
    return tl::unexpected(paths.error());
  }
  for (const std::string& path : *paths) {
    KEYBERTH_TRY(service.remove(path));
  }
  if (paths->empty()) {
    return {};
  }
  const auto left = service.search(queries(keys));
  if (!left) {
    return tl::unexpected(left.error());
  }
  const auto still = unlocked_items(service, keys, *left);
  if (!still) {
    return tl::unexpected(still.error());
  }
  if (!still->empty()) {
    return fail(ErrorKind::denied,
                capitalized(service.provider()) + " did not delete the credential for " + keys.front(),
                "Delete it in the keyring's own program.");
  }
  return {};
}

Result<std::vector<Entry>> SecretServiceStore::list() {
  auto connected = SecretService::connect(host_);
  if (!connected) {
    return pass_on(std::move(connected));
  }
  SecretService& service = **connected;
  const Attributes all = query_all();
  const auto found = service.search({&all, 1});
  if (!found) {
    return tl::unexpected(found.error());
  }
  const std::vector<Found>& items = found->front();
  const auto attributes = service.attributes(paths_of(items));
  if (!attributes) {
    return tl::unexpected(attributes.error());
  }
  std::map<std::string, std::vector<std::size_t>> by_server;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto& shown = (*attributes)[i];
    const auto server = shown ? value(*shown, "server") : std::nullopt;
    if (server && has_our_schema(*shown)) {
      by_server[*server].push_back(i);
    } else if (shown && !server && items[i].locked) {
      return fail(ErrorKind::locked, capitalized(service.provider()) + " is locked and hides what is stored",
                  service.unlock_hint());
    }
  }
  std::vector<Entry> entries;
  for (const auto& [server, indexes] : by_server) {
    auto username = newest_username(service, items, *attributes, indexes);
    if (!username) {
      return pass_on(std::move(username));
    }
    entries.push_back({server, *std::move(username)});
  }
  return entries;
}

}  // namespace keyberth
