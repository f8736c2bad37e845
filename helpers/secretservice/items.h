// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "helpers/secretservice/service.h"

/// Which items of a keyring are registry logins, and which of several is meant.
namespace keyberth {

inline constexpr const char* kSchema = "io.docker.Credentials";

/// What to search for. The schema is left out on purpose: GNOME Keyring hides it while a keyring has not been unlocked
/// since it was started, and such items would not be found.
[[nodiscard]] Attributes query(const std::string& server);

/// The same for all servers.
[[nodiscard]] Attributes query_all();

[[nodiscard]] std::optional<std::string> value(const Attributes& attributes, const char* name);

/// Whether the schema is that of registry logins, or not to be seen.
[[nodiscard]] bool has_our_schema(const Attributes& attributes);

/// A locked item that shows no attributes may be anybody's until it is unlocked.
[[nodiscard]] bool hides_attributes(const Item& item);

[[nodiscard]] bool belongs_to(const Item& item, const std::string& server);

/// For sorting, newest first: of several logins for one server the first is answered. Times are in whole seconds; among
/// equals, providers number later items higher.
[[nodiscard]] bool is_newer(const Item& a, const Item& b);

}  // namespace keyberth
