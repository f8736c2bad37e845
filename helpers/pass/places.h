// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <optional>
#include <string>

#include "common/host.h"
#include "common/result.h"

/// The folders that HOME and other variables lead to, as `doctor` and `init` see them: is there what they are taken
/// for, whose are they, who else works there. Commands that change owner or mode are printed for no others. Reads only.
namespace keyberth {

/// A folder that a program was told of, or that it takes by default.
struct Place {
  const char* variable;  ///< that may name it
  std::string path;
  bool is_named = false;  ///< the variable is set
};

[[nodiscard]] Place gnupg_place(const Host& host);
[[nodiscard]] Place store_place(const Host& host, const std::string& store);

/// A variable names it, and it is not called what the default is called.
[[nodiscard]] bool is_elsewhere(const Place& place);

/// Whether it holds what it is for: keys; or a .gpg-id, or logins.
[[nodiscard]] bool holds_keys(const std::string& folder);
[[nodiscard]] bool holds_store(const std::string& folder);

/// Something else is there: a variable leads astray. An empty folder is fine, and so is a GnuPG home with settings
/// only.
[[nodiscard]] bool is_astray(const Place& place);

/// It is not there, and this user may not make it.
[[nodiscard]] bool cannot_be_made(const std::string& path);

/// `path`, the place or a folder in it, with links resolved, if everything in it may be given to the user who runs
/// this: the place lies below the home folder, which is that user's own, and holds what it is for, or is where that is
/// by default. Else empty.
[[nodiscard]] std::string takeable_folder(const Host& host, const Place& place, const std::string& path);

/// What is where the place should be, when that is no folder: a file, or a link whose target is not there. The hint has
/// words, and beneath them commands that put nothing in danger.
[[nodiscard]] std::optional<Error> obstacle(const Place& place);

/// Why `path`, which is there, does not grant `needed` (as for access(2)): whose it is, or its mode. Nothing when it
/// does, or when the disk is to blame. The hint has the commands that give back `whole`, which is `path` or a folder
/// around it, if that is the user's to take.
[[nodiscard]] std::optional<Error> closed(const Host& host, const Place& place, const std::string& path, int needed,
                                          const std::string& whole);

/// Signs that people share a store: it belongs to another user, to a group that is not one's own first one, or to a
/// group that new files inherit; or its logins are encrypted for several keys.
[[nodiscard]] bool is_shared(const std::string& store);

/// A name fit for a message.
[[nodiscard]] std::string describe_group(gid_t id);

/// Makes the shell use the default instead of what the variable says.
[[nodiscard]] std::string use_default(const Place& place);

/// Why HOME is to blame when the default folder `path` is not there and cannot be made, or is there and does not grant
/// `needed` (as for access(2)). The hint is a command that sets HOME, if there is one; nothing when HOME is not to
/// blame.
[[nodiscard]] std::optional<Error> home_trouble(const Host& host, const Place& place, int needed);

/// The sockets of gpg-agent have paths of limited length. What is wrong with them, if anything is; the hint is a
/// command, if there is one.
[[nodiscard]] std::optional<Error> socket_trouble(Host& host);

}  // namespace keyberth
