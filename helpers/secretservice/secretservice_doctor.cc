// SPDX-License-Identifier: Apache-2.0
#include "helpers/secretservice/secretservice_doctor.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "common/protocol.h"
#include "helpers/secretservice/items.h"
#include "helpers/secretservice/provider.h"
#include "helpers/secretservice/service.h"

namespace keyberth {
namespace {

/// Nobody is asked anything, so nobody is waited for.
constexpr std::chrono::seconds kPatience{3};

/// The logins of each server, newest first.
using Logins = std::map<std::string, std::vector<Item>>;

std::string counted(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

/// One run. Each step adds what it found, and returns whether the next one has anything to look at.
class Examination {
 public:
  explicit Examination(Host& host) : host_(host) {}

  std::vector<Check> run() {
    if (connect() && encryption() && keyring()) {
      logins();
    }
    return std::move(checks_);
  }

 private:
  void add(std::string link, Check::State state, std::string finding, std::string remedy = {}) {
    checks_.push_back({std::move(link), state, std::move(finding), std::move(remedy)});
  }

  /// Something that waits for a person.
  void add_locked(std::string link, std::string finding, std::string remedy) {
    const auto state = service_->has_screen() ? Check::State::note : Check::State::problem;
    add(std::move(link), state, std::move(finding), std::move(remedy));
  }

  bool failed(std::string link, const Error& error) {
    checks_.push_back(problem(std::move(link), error));
    return false;
  }

  bool connect() {
    auto bus = Bus::connect(host_, kPatience);
    if (!bus) {
      return failed("session bus", bus.error());
    }
    add("session bus", Check::State::ok, "it answers");
    auto service = SecretService::connect(host_, *std::move(bus));
    if (!service) {
      return failed("keyring service", service.error());
    }
    service_ = *std::move(service);
    provider_ = capitalized(service_->provider());
    add("keyring service", Check::State::ok, provider_ + " runs");
    return true;
  }

  bool encryption() {
    const Result<bool> encrypts = service_->encrypts();
    if (!encrypts) {
      return failed("encryption", encrypts.error());
    }
    if (*encrypts) {
      add("encryption", Check::State::ok, "secrets cross the bus encrypted");
    } else {
      add("encryption", Check::State::note, provider_ + " takes secrets unencrypted over the bus, which is yours alone",
          encryption_hint(service_->provider()));
    }
    return true;
  }

  bool keyring() {
    const auto collection = service_->default_collection();
    if (!collection) {
      return failed("default keyring", collection.error());
    }
    if (!*collection) {
      add_locked("default keyring", provider_ + " has no default keyring yet", service_->create_hint());
      return false;
    }
    const Result<bool> closed = service_->is_closed(**collection);
    if (!closed) {
      return failed("default keyring", closed.error());
    }
    if (*closed) {
      // KeePassXC would answer a search with a window, and GNOME Keyring hides names: there is no more to see.
      add_locked("default keyring", provider_ + " is locked", service_->unlock_hint());
      return false;
    }
    add("default keyring", Check::State::ok, "it is unlocked");
    return true;
  }

  void logins() {
    const Result<std::vector<Item>> items = stored();
    if (!items) {
      failed("logins", items.error());
      return;
    }
    Logins logins;
    for (const Item& item : *items) {
      if (hides_attributes(item)) {
        add_locked("logins", provider_ + " is locked and hides what is stored", hidden_hint());
        return;
      }
      const auto server = value(item.attributes, "server");
      if (server && has_our_schema(item.attributes)) {
        logins[*server].push_back(item);
      }
    }
    add("logins", Check::State::ok, logins.empty() ? "none yet" : counted(logins.size(), "login"));
    locked(logins);
    duplicates(logins);
  }

  /// Everything that may be a login, newest first. In an open wallet of KWallet nothing is locked, whatever it says.
  Result<std::vector<Item>> stored() {
    const Attributes all = query_all();
    const auto found = service_->search({&all, 1});
    if (!found) {
      return tl::unexpected(found.error());
    }
    std::vector<std::string> paths;
    std::transform(found->front().begin(), found->front().end(), std::back_inserter(paths),
                   [](const Found& each) { return each.path; });
    auto described = service_->describe(paths);
    if (!described) {
      return pass_on(std::move(described));
    }
    std::vector<Item> items;
    for (std::size_t i = 0; i < paths.size(); ++i) {
      if (std::optional<Item>& item = (*described)[i]; item) {
        item->locked = (item->locked || found->front()[i].locked) && service_->provider() != kKWallet;
        items.push_back(*std::move(item));
      }
    }
    std::sort(items.begin(), items.end(), is_newer);
    return items;
  }

  /// Single entries that are locked while the default keyring is open: KeePassXC asks for each, others have several
  /// keyrings.
  void locked(const Logins& logins) {
    std::vector<std::string> servers;
    for (const auto& [server, items] : logins) {
      if (items.front().locked) {
        servers.push_back(server);
      }
    }
    if (servers.empty()) {
      return;
    }
    const std::string& server = servers.front();
    const std::string others = servers.size() == 1 ? "" : " and " + counted(servers.size() - 1, "other");
    add_locked("logins", provider_ + " keeps the login of " + printable(server) + others + " locked",
               item_hint(service_->provider(), server));
  }

  /// Locked ones stay where they are when a login is stored, so nothing is said about them.
  void duplicates(const Logins& logins) {
    for (const auto& [server, items] : logins) {
      const auto open = std::count_if(items.begin(), items.end(), [](const Item& item) { return !item.locked; });
      if (open > 1 && !items.front().locked) {
        const std::string user = printable(value(items.front().attributes, "username").value_or(""));
        add("logins", Check::State::note,
            printable(server) + " has " + std::to_string(open) + " logins; the newest is used, that of " + user,
            "Storing it once more removes the others:\n  printf %s " + shell_word(server) +
                " | docker-credential-secretservice get | docker-credential-secretservice store");
      }
    }
  }

  Host& host_;
  std::unique_ptr<SecretService> service_;
  std::string provider_;
  std::vector<Check> checks_;
};

}  // namespace

std::vector<Check> examine_secret_service(Host& host) { return Examination(host).run(); }

}  // namespace keyberth
