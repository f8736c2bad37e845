// SPDX-License-Identifier: Apache-2.0
#include "common/configure.h"

#include <unistd.h>

#include <utility>

#include "common/client_files.h"
#include "common/config_file.h"
#include "common/docker_config.h"
#include "common/helper.h"
#include "common/plain_logins.h"
#include "common/process.h"
#include "common/protocol.h"

namespace keyberth {
namespace {

/// In the notes: there was no such setting. No suffix, for no program is called docker-credential--.
constexpr const char* kNothing = "-";

constexpr std::string_view kRegistryIs = "--registry=";

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
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--undo") {
      options.undo = true;
    } else if (arguments[i] == "--containers") {
      options.containers = true;
    } else if (arguments[i].starts_with(kRegistryIs) || (arguments[i] == "--registry" && i + 1 < arguments.size())) {
      const bool joined = arguments[i].starts_with(kRegistryIs);
      const Result<std::string> registry =
          parse_server(joined ? arguments[i].substr(kRegistryIs.size()) : arguments[++i]);
      if (!registry) {
        return wrong("--registry: " + registry.error().message);
      }
      options.registries.push_back(*registry);
    } else if (arguments[i] == "--registry") {
      return wrong("--registry wants the name of a registry");
    } else {
      return wrong("configure does not know " + printable(arguments[i]));
    }
  }
  if (options.containers && options.registries.empty()) {
    return wrong("podman, skopeo and buildah take a helper for single registries only: name them with --registry");
  }
  return options;
}

std::string undo_path(const std::string& path) { return path + ".keyberth-undo"; }

std::string name_of(const std::string& registry) {
  return registry.empty() ? "credsStore" : "credHelpers of " + printable(registry);
}

std::string or_nothing(const std::string& helper) { return helper.empty() ? "nothing" : printable(helper); }

/// Notes what the setting was, unless an earlier configure has done so. The note has the form of the file itself.
Result<> note_former(Host& host, const std::string& path, const std::string& registry, const std::string& suffix) {
  const Result<std::string> text = read_config_file(path);
  const Result<std::string> former = text ? configured_helper(*text, registry) : text;
  if (!former || *former == suffix) {
    return former ? Result<>() : tl::unexpected(about_file(former.error(), path));
  }
  const Result<bool> noted = edit_file(host, undo_path(path), [&](std::string_view notes) -> Result<std::string> {
    const Result<HelperNames> names = configured_helpers(notes);
    if (!names) {
      return tl::unexpected(names.error());
    }
    const bool is_noted = registry.empty() ? !names->store.empty() : names->registries.contains(registry);
    return is_noted ? std::string(notes) : edit_docker_config(notes, {registry, former->empty() ? kNothing : *former});
  });
  return noted ? Result<>() : tl::unexpected(noted.error());
}

Result<std::string> set(const Helper& helper, const std::string& path, const std::string& registry) {
  const std::string suffix = suffix_of(helper.name);
  KEYBERTH_TRY(note_former(helper.host, path, registry, suffix));
  const Result<DockerConfigChange> change = change_docker_config(helper.host, path, {registry, suffix});
  if (!change) {
    return tl::unexpected(change.error());
  }
  const std::string line = printable(path, path.size()) + ": " + name_of(registry);
  return change->changed ? line + " is now " + suffix + " (before: " + or_nothing(change->former) + ")\n"
                         : line + " is " + suffix + " already\n";
}

/// Gives one setting back what it was, if it still names us.
Result<std::string> take_back(const Helper& helper, const std::string& path, const std::string& registry,
                              const std::string& former) {
  const std::string suffix = suffix_of(helper.name);
  const Result<std::string> text = read_config_file(path);
  Result<std::string> now = text ? configured_helper(*text, registry) : text;
  if (!now) {
    return now;
  }
  const std::string line = printable(path, path.size()) + ": " + name_of(registry);
  if (*now != suffix) {
    return line + " is " + or_nothing(*now) + ", not " + suffix + ": left as it is\n";
  }
  const bool was_there = !former.empty() && former != kNothing;
  const HelperSetting setting =
      !was_there ? HelperSetting{registry, suffix, true} : HelperSetting{registry, former, false};
  const Result<DockerConfigChange> change = change_docker_config(helper.host, path, setting);
  if (!change) {
    return tl::unexpected(change.error());
  }
  return line + " is " + (was_there ? printable(former) : "nothing") + " again\n";
}

Result<std::string> undo(const Helper& helper, const std::string& path, const std::vector<std::string>& registries) {
  const Result<std::string> notes = read_config_file(undo_path(path));
  const Result<HelperNames> former = notes ? configured_helpers(*notes) : tl::unexpected(notes.error());
  if (!former) {
    return tl::unexpected(former.error());
  }
  std::vector<std::string> wanted = registries;
  if (registries.empty()) {
    wanted.emplace_back();
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
    Result<std::string> line = take_back(helper, path, registry, before);
    if (!line) {
      return line;
    }
    report += *line;
    if (noted != former->registries.end() && !registries.empty()) {
      const Result<DockerConfigChange> forgotten =
          change_docker_config(helper.host, undo_path(path), {registry, before, true});
      if (!forgotten) {
        return tl::unexpected(forgotten.error());
      }
    }
  }
  if (registries.empty()) {
    (void)unlink(undo_path(path).c_str());
  }
  return report;
}

/// What a person may want to do next.
std::string next_steps(const Helper& helper, const std::string& path) {
  const Result<std::string> text = read_config_file(path);
  const auto logins = text ? plain_logins(*text) : tl::unexpected(text.error());
  const std::string check = "See that it works: " + helper.name + " doctor\n";
  return !logins || logins->empty()
             ? check
             : "Passwords still stand in this file; move them into the store: " + helper.name + " migrate\n" + check;
}

}  // namespace

Result<CommandOutput> configure(const Helper& helper, const std::vector<std::string>& arguments) {
  const Result<Options> options = parse_options(helper, arguments);
  const Result<std::string> docker = docker_config_path(helper.host);
  const Result<ClientFile> containers = containers_file(helper.host);
  if (!options || !docker || !containers) {
    return tl::unexpected(!options ? options.error() : !docker ? docker.error() : containers.error());
  }
  if (!options->undo && find_program(helper.host, helper.name).empty()) {
    return fail(ErrorKind::unavailable, helper.name + " is not in PATH, where docker would look for it",
                "see what to do: " + helper.name + " doctor");
  }
  std::vector<std::string> paths{*docker};
  if (options->containers) {
    paths.push_back(containers->path);
  }
  std::string report;
  for (const std::string& path : paths) {
    if (options->undo) {
      const Result<std::string> done = undo(helper, path, options->registries);
      if (!done) {
        return tl::unexpected(done.error());
      }
      report += *done;
      continue;
    }
    for (const std::string& registry :
         options->registries.empty() ? std::vector<std::string>{""} : options->registries) {
      const Result<std::string> done = set(helper, path, registry);
      if (!done) {
        return tl::unexpected(done.error());
      }
      report += *done;
    }
  }
  return report + (options->undo ? "" : next_steps(helper, *docker));
}

}  // namespace keyberth
