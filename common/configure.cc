// SPDX-License-Identifier: Apache-2.0
#include "common/configure.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "common/config_file.h"
#include "common/docker_config.h"
#include "common/file_checks.h"
#include "common/files.h"
#include "common/helper.h"
#include "common/migrate.h"
#include "common/options.h"
#include "common/plain_logins.h"
#include "common/process.h"
#include "common/protocol.h"
#include "common/registries_conf.h"
#include "common/server_key.h"
#include "common/undo_notes.h"

namespace keyberth {
namespace {

struct Options {
  std::vector<std::string> registries;
  bool containers = false;
  bool undo = false;
};

Result<Options> parse_options(const Helper& helper, const std::vector<std::string>& arguments) {
  Options options;
  const auto wrong = [&](const std::string& message) {
    return fail(ErrorKind::usage, message,
                "usage: " + helper.name + " configure [--registry HOST]... [--containers] [--undo]");
  };
  const std::vector<std::string> words = with_value_apart(arguments, "--registry");
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--undo") {
      options.undo = true;
    } else if (words[i] == "--containers") {
      options.containers = true;
    } else if (words[i] == "--registry" && i + 1 < words.size()) {
      const Result<std::string> registry = parse_server(words[++i]);
      if (!registry) {
        return wrong("--registry: " + registry.error().message);
      }
      if (!is_server(registry_name(*registry, false))) {
        return wrong("--registry: " + shell_word(*registry) + " is no registry");
      }
      options.registries.push_back(*registry);
    } else if (words[i] == "--registry") {
      return wrong("--registry wants the name of a registry");
    } else {
      return wrong("configure does not know " + printable(words[i]));
    }
  }
  return options;
}

std::string name_of(const std::string& registry) {
  return registry.empty() ? "credsStore" : "credHelpers of " + printable(registry);
}

std::string or_nothing(const std::string& helper) { return helper.empty() ? "nothing" : printable(helper); }

Result<std::string> set(const Helper& helper, const std::string& path, const std::string& registry) {
  const std::string suffix = suffix_of(helper.name);
  Result<DockerConfigChange> change;
  KEYBERTH_TRY(change_with_notes(helper.host, path, {registry}, suffix, [&]() -> Result<> {
    change = change_docker_config(helper.host, path, {registry, suffix});
    return change ? Result<>() : tl::unexpected(change.error());
  }));
  const std::string line = printable_path(path) + ": " + name_of(registry);
  return change->changed ? line + " is now " + suffix + " (before: " + or_nothing(change->former) + ")\n"
                         : line + " is " + suffix + " already\n";
}

struct TakenBack {
  std::string line;
  bool done = false;  ///< false: it names somebody else now, and the note of what it was stays
};

/// Gives one setting back what it was, if it still names us.
Result<TakenBack> take_back(const Helper& helper, const std::string& path, const std::string& registry,
                            const std::string& former) {
  const std::string suffix = suffix_of(helper.name);
  const Result<std::string> text = read_config_file(path);
  const Result<std::string> now = text ? configured_helper(*text, registry) : text;
  if (!now) {
    return tl::unexpected(about_file(now.error(), path));
  }
  const std::string line = printable_path(path) + ": " + name_of(registry);
  if (*now != suffix) {
    return TakenBack{line + " is " + or_nothing(*now) + ", not " + suffix + ": left as it is\n", false};
  }
  const FormerSetting was = read_note(former);
  const HelperSetting setting =
      was.helper.empty() ? HelperSetting{registry, suffix, true, was.json} : HelperSetting{registry, was.helper};
  const Result<DockerConfigChange> change = change_docker_config(helper.host, path, setting);
  if (!change) {
    return tl::unexpected(change.error());
  }
  return TakenBack{line + " is " + or_nothing(was.helper) + " again\n", true};
}

Result<std::string> undo(const Helper& helper, const ClientFile& file, const std::vector<std::string>& registries) {
  const std::string& path = file.path;
  const Result<HelperNames> former = read_notes(path);
  if (!former) {
    return tl::unexpected(former.error());
  }
  std::vector<std::string> wanted = registries;
  if (registries.empty()) {
    if (!file.containers && (!former->store.empty() || former->registries.empty())) {
      wanted.emplace_back();  // credsStore, which the other files have not
    }
    for (const auto& [registry, suffix] : former->registries) {
      wanted.push_back(registry);
    }
  }
  std::string report;
  for (const std::string& registry : wanted) {
    const auto noted = former->registries.find(registry);
    const std::string before = registry.empty()                    ? former->store
                               : noted != former->registries.end() ? noted->second
                                                                   : "";
    const Result<TakenBack> taken = take_back(helper, path, registry, before);
    if (!taken) {
      return tl::unexpected(taken.error());
    }
    report += taken->line;
    if (taken->done && !before.empty()) {
      KEYBERTH_TRY(forget_note(helper.host, path, registry));
    }
  }
  return report;
}

Result<std::string> set_all(const Helper& helper, const std::string& path, const std::vector<std::string>& registries) {
  std::string report;
  for (const std::string& registry : registries.empty() ? std::vector<std::string>{""} : registries) {
    Result<std::string> done = set(helper, path, registry);
    if (!done) {
      return done;
    }
    report += *done;
  }
  return report;
}

/// Whether a file that podman reads has to be asked too: it has logins that stay there, or names other helpers.
bool is_file_needed(const Helper& helper, const ClientFile& file) {
  const Result<std::string> text = read_config_file(file.path);
  const Result<HelperNames> names = text ? configured_helpers(*text) : tl::unexpected(text.error());
  const auto logins = text ? plain_logins(*text) : tl::unexpected(text.error());
  const std::string suffix = suffix_of(helper.name);
  return (names && std::any_of(names->registries.begin(), names->registries.end(),
                               [&](const auto& entry) { return !entry.second.empty() && entry.second != suffix; })) ||
         (logins && std::any_of(logins->begin(), logins->end(), [&](const PlainLogin& login) {
            return !login.broken && !why_immovable(helper, file, login).empty();
          }));
}

/// The files that have to be asked, for people; empty without any.
std::string needed_files(const Helper& helper) {
  const Result<std::vector<ClientFile>> files = client_files(helper.host);
  std::string needed;
  for (const ClientFile& file : files ? *files : std::vector<ClientFile>()) {
    needed += is_file_needed(helper, file) ? (needed.empty() ? "" : ", ") + printable_path(file.path) : "";
  }
  return needed;
}

/// For all registries of podman and its kin. In a file of its own, because the user's registries.conf, were there none
/// yet, would take the place of the system's. With containers-auth.json beside the helper only where podman would lose
/// logins otherwise: a password that the store does not take goes into that file then.
Result<std::string> set_for_containers(const Helper& helper) {
  const std::string suffix = suffix_of(helper.name);
  const Result<std::string> path = own_registries_conf(helper.host);
  const Result<RegistriesConf> before = registries_conf(helper.host);
  if (!path || !before) {
    return tl::unexpected(path ? before.error() : path.error());
  }
  const std::string folder = folder_of(*path);
  if (std::error_code ignored; std::filesystem::is_symlink(folder, ignored)) {
    return fail(ErrorKind::unavailable,
                "podman does not look into " + printable_path(folder) + ", because it is a link",
                "take the link away, and a folder is made in its place: rm " + shell_word(folder));
  }
  const std::string needed = needed_files(helper);
  const std::vector<std::string> wanted{suffix};
  const auto is_wanted = [&](const RegistriesConf& conf) {
    return conf.helpers == wanted && conf.asks_files == !needed.empty();
  };
  if (is_wanted(*before)) {
    return printable_path(before->path) + ": credential-helpers is " + suffix + " already\n";
  }
  Result<bool> written =
      edit_file(helper.host, *path, [&](std::string_view) { return registries_conf_text(suffix, !needed.empty()); });
  if (!written) {
    return pass_on(std::move(written));
  }
  const Result<RegistriesConf> after = registries_conf(helper.host);
  if (after && !is_wanted(*after)) {
    return fail(ErrorKind::unavailable,
                printable_path(after->path) + " is read after " + printable_path(*path) + " and names other helpers",
                "take its credential-helpers out: " + edit_command(helper.host, after->path));
  }
  return printable_path(*path) + ": credential-helpers is now " + suffix +
         " (before: " + or_nothing(before->helpers.empty() ? "" : before->helpers.front()) + ")\n" +
         (needed.empty() ? "" : "  after it podman asks " + needed + ", for what stays there\n");
}

/// The file is ours alone, so that nothing was there before.
Result<std::string> undo_for_containers(const Helper& helper) {
  const std::string suffix = suffix_of(helper.name);
  const Result<std::string> path = own_registries_conf(helper.host);
  const Result<std::string> text = path ? read_config_file(*path) : path;
  const auto helpers = text ? credential_helpers(*text) : tl::unexpected(text.error());
  if (!helpers) {
    return tl::unexpected(path ? about_file(helpers.error(), *path) : path.error());
  }
  if (!*helpers) {
    return "";
  }
  const std::string line = printable_path(*path) + ": credential-helpers is ";
  const std::string first = (*helpers)->empty() ? "" : (*helpers)->front();
  if (first != suffix) {
    return line + or_nothing(first) + ", not " + suffix + ": left as it is\n";
  }
  (void)unlink(path->c_str());
  return line + "nothing again\n";
}

/// Names the helper in one client's configuration.
Result<std::string> name_in(const Helper& helper, const ClientFile& file, const std::vector<std::string>& registries) {
  if (file.containers && registries.empty()) {
    return set_for_containers(helper);
  }
  Result<std::string> report = set_all(helper, file.path, registries);
  const Result<RegistriesConf> conf = registries_conf(helper.host);
  if (report && file.containers && conf && !conf->asks_files && !conf->names(suffix_of(helper.name))) {
    *report += "  " + printable_path(conf->path) +
               " lets podman ask others only; to let it ask here: " + configure_command(helper, file) + "\n";
  }
  return report;
}

Result<std::string> undo_in(const Helper& helper, const ClientFile& file, const std::vector<std::string>& registries) {
  Result<std::string> report = undo(helper, file, registries);
  if (!report || !file.containers || !registries.empty()) {
    return report;
  }
  return undo_for_containers(helper).map([&](const std::string& more) { return *report + more; });
}

/// The files that are changed: those of the clients that are here, and the way back leads to every one that was.
Result<std::vector<ClientFile>> files_to_change(const Helper& helper, const Options& options) {
  const Result<std::string> docker = docker_config_path(helper.host);
  const Result<ClientFile> containers = containers_file(helper.host);
  const Result<std::string> conf = own_registries_conf(helper.host);
  if (!docker || !containers) {
    return tl::unexpected(!docker ? docker.error() : containers.error());
  }
  const bool with_docker = clients_of(helper.host).docker;
  const auto is_there = [](const std::string& path) { return access(path.c_str(), F_OK) == 0; };
  std::vector<ClientFile> files;
  if (with_docker) {
    files.push_back({*docker});
  }
  if (!with_docker || options.containers ||
      (options.undo && (is_there(undo_path(containers->path)) || (conf && is_there(*conf))))) {
    files.push_back(*containers);
  }
  return files;
}

/// What a person may want to do next.
std::string next_steps(const Helper& helper) {
  const Result<std::vector<ClientFile>> files = client_files(helper.host);
  std::string steps;
  for (const ClientFile& file : files ? *files : std::vector<ClientFile>()) {
    const Result<std::string> text = read_config_file(file.path);
    const auto logins = text ? plain_logins(*text) : tl::unexpected(text.error());
    if (steps.empty() && logins && !logins->empty()) {
      steps = "Passwords still stand in " + printable_path(file.path) + "; move them into the store: " + helper.name +
              " migrate\n";
    }
  }
  return steps + "See that it works: " + helper.name + " doctor\n";
}

}  // namespace

std::string leading_here(const std::string& command, bool store_works) {
  return store_works ? command : "Once the store works:\n  " + command;
}

std::string configure_command(const Helper& helper, const ClientFile& file) {
  return helper.name + (file.containers ? " configure --containers" : " configure");
}

std::string configure_command(const Helper& helper, const ClientFile& file, const std::string& registry) {
  std::string command = helper.name + " configure --registry " + shell_word(registry);
  if (!file.containers) {
    return command;
  }
  const Result<ClientFile> usual = containers_file(helper.host);
  const bool is_usual = usual && usual->path == file.path;
  return (is_usual ? "" : "REGISTRY_AUTH_FILE=" + shell_word(file.path) + " ") + command + " --containers";
}

Error or_doctor(const Helper& helper, Error error) {
  if (error.hint.empty()) {
    error.hint = "see what mends it: " + helper.name + " doctor";
  }
  return error;
}

Result<> must_be_in_path(const Helper& helper) {
  if (!find_program(helper.host, helper.name).empty()) {
    return {};
  }
  return fail(ErrorKind::unavailable, helper.name + " is not in PATH, where clients would look for it",
              "see what to do: " + helper.name + " doctor");
}

Result<CommandOutput> configure(const Helper& helper, const std::vector<std::string>& arguments) {
  const Result<Options> options = parse_options(helper, arguments);
  const auto files = options ? files_to_change(helper, *options) : tl::unexpected(options.error());
  if (!files) {
    return tl::unexpected(files.error());
  }
  if (!options->undo) {
    KEYBERTH_TRY(must_be_in_path(helper));
  }
  std::string report;
  for (const ClientFile& file : *files) {
    std::vector<std::string> registries;
    for (const std::string& registry : options->registries) {
      registries.push_back(registry_name(registry, file.containers));
    }
    const Result<std::string> done =
        options->undo ? undo_in(helper, file, registries) : name_in(helper, file, registries);
    if (!done) {
      return tl::unexpected(or_doctor(helper, done.error()));
    }
    report += *done;
  }
  return report + (options->undo ? "" : next_steps(helper));
}

}  // namespace keyberth
