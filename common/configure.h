// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "common/client_files.h"
#include "common/command.h"
#include "common/host.h"
#include "common/result.h"

namespace keyberth {

struct Helper;

/// `configure [--registry HOST]... [--containers] [--undo]`: names this helper for all registries or the given ones:
/// for docker in config.json, as credsStore or in credHelpers; for podman and its kin, with --containers and where no
/// docker is, in a registries.conf of our own or in auth.json. What a setting was before is noted in a file beside
/// (".keyberth-undo"), from which --undo takes it back, in every file it changed. Refuses a helper that clients would
/// not find in PATH.
[[nodiscard]] Result<CommandOutput> configure(const Helper& helper, const std::vector<std::string>& arguments);

/// `command`, which leads clients to a helper's store, as advice: not before that store works.
[[nodiscard]] std::string leading_here(const std::string& command, bool store_works);

/// The command line that names the helper for all registries of the file's clients.
[[nodiscard]] std::string configure_command(const Helper& helper, const ClientFile& file);

/// The command line that names the helper for a registry in that very file.
[[nodiscard]] std::string configure_command(const Helper& helper, const ClientFile& file, const std::string& registry);

/// An error about a file that comes without a hint, with the way to doctor, who knows more of those.
[[nodiscard]] Error or_doctor(const Helper& helper, Error error);

/// unavailable, with the way to doctor, when clients would not find the helper in PATH: no file may be made to name it.
[[nodiscard]] Result<> must_be_in_path(const Helper& helper);

}  // namespace keyberth
