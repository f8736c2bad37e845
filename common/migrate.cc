// SPDX-License-Identifier: Apache-2.0
#include "common/migrate.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <set>
#include <utility>

#include "common/config_file.h"
#include "common/configure.h"
#include "common/family.h"
#include "common/files.h"
#include "common/helper.h"
#include "common/login_keeper.h"
#include "common/options.h"
#include "common/process.h"
#include "common/protocol.h"
#include "common/registries_conf.h"
#include "common/split.h"
#include "common/undo_notes.h"
#include "common/writable.h"

namespace keyberth {
namespace {

bool has(const std::vector<PlainLogin>& logins, const Credential& wanted) {
  return std::any_of(logins.begin(), logins.end(), [&](const PlainLogin& login) {
    return login.credential.server == wanted.server && same_login(login.credential, wanted);
  });
}

/// Why this helper must leave a login where it is, from what the file says about its server; empty when it may go.
std::string obstacle(const Helper& helper, const ClientFile& file, const HelperNames& names, const PlainLogin& login) {
  std::string why = why_immovable(helper, file, login);
  if (!why.empty()) {
    return why;
  }
  const std::string& server = login.credential.server;
  const std::string asked = asked_instead(helper, file, names, server);
  if (asked.empty()) {
    return "";
  }
  const std::string program = program_of(asked);
  const bool is_there = !find_program(helper.host, program).empty();
  if (is_there && is_family(asked)) {
    return printable(program) + " is asked for it, and not this file; move it there with: " + program + " migrate";
  }
  const std::string registry = registry_name(server, file.containers);
  return printable(program) + " is asked for it, and not this file" +
         (is_there ? ": take it out of the file, or" : ", but it is not in PATH;") + " take over with: " +
         (names.registries.contains(registry) ? configure_command(helper, file, registry)
                                              : configure_command(helper, file));
}

/// What the command line asks for.
struct Options {
  bool dry_run = false;
  std::string keep;  ///< "file", "store", or empty: neither
};

Result<Options> parse_options(const Helper& helper, const std::vector<std::string>& arguments) {
  Options options;
  const std::vector<std::string> words = with_value_apart(arguments, "--keep");
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--dry-run") {
      options.dry_run = true;
    } else if (words[i] == "--keep" && i + 1 < words.size() && (words[i + 1] == "file" || words[i + 1] == "store")) {
      options.keep = words[++i];
    } else {
      return fail(
          ErrorKind::usage,
          words[i] == "--keep" ? "--keep wants the word file or store" : "migrate does not know " + printable(words[i]),
          "usage: " + helper.name + " migrate [--dry-run] [--keep file|store]");
    }
  }
  return options;
}

/// The login under the name that clients ask a helper for.
Credential as_kept(const ClientFile& file, const Credential& credential) {
  return {kept_name(file, credential.server), credential.username, Secret(credential.secret.view())};
}

/// The settings, by registry (empty: credsStore), that have to name the helper for these servers; those that name one
/// already are left out. An empty one in credHelpers means the file itself.
std::set<std::string> missing_settings(const ClientFile& file, const HelperNames& names,
                                       const std::vector<std::string>& servers) {
  std::set<std::string> missing;
  for (const std::string& server : servers) {
    const std::string registry = registry_name(server, file.containers);
    const auto own = names.registries.find(registry);
    if (own != names.registries.end() && own->second.empty()) {
      missing.insert(registry);
    } else if (own == names.registries.end() && names.store.empty()) {
      missing.insert(file.containers ? registry : "");
    }
  }
  return missing;
}

/// Moves one file's logins; adds to the report what became of each.
class FileMove {
 public:
  FileMove(const Helper& helper, LoginKeeper& keeper, ClientFile file, Options options)
      : helper_(helper), keeper_(keeper), file_(std::move(file)), options_(std::move(options)) {}

  Result<> run() {
    const Result<std::string> text = read_config_file(file_.path);
    if (!text) {
      return tl::unexpected(text.error());
    }
    KEYBERTH_TRY(settle_backup(*text));
    const Result<HelperNames> names = asked_helpers(helper_.host, file_, *text);
    const Result<std::vector<PlainLogin>> logins = plain_logins(*text);
    if (!names || !logins) {
      return tl::unexpected(about_file(names ? logins.error() : names.error(), file_.path));
    }
    if (logins->empty()) {
      return {};
    }
    if (auto trouble = can_move(*names, *logins) ? replace_trouble(file_.path) : std::nullopt) {
      return tl::unexpected(*trouble);
    }
    report += printable_path(file_.path) + "\n";
    for (const PlainLogin& login : *logins) {
      const std::string why = obstacle(helper_, file_, *names, login);
      if (!why.empty()) {
        leave(login, why);
      } else {
        KEYBERTH_TRY(move(login));
      }
    }
    return moved_.empty() || options_.dry_run ? Result<>() : change(*text, *names);
  }

  std::string report;
  std::size_t left = 0;
  bool in_two_minds = false;  ///< some were left because the store has another login

 private:
  [[nodiscard]] bool can_move(const HelperNames& names, const std::vector<PlainLogin>& logins) const {
    return std::any_of(logins.begin(), logins.end(),
                       [&](const PlainLogin& login) { return obstacle(helper_, file_, names, login).empty(); });
  }

  Result<> change(const std::string& text, const HelperNames& names) {
    std::vector<std::string> servers;
    for (const PlainLogin* login : moved_) {
      servers.push_back(login->credential.server);
    }
    const std::set<std::string> missing = missing_settings(file_, names, servers);
    const Result<> done = change_with_notes(helper_.host, file_.path, missing, suffix_of(helper_.name), [&] {
      const Result<> saved = replace_file(backup_path(file_.path), text);
      Result<> changed = saved ? take_away() : saved;
      // The file is now the new one or, after a failure, still the former: either way whole.
      (void)unlink(backup_path(file_.path).c_str());
      return changed;
    });
    if (!done) {
      return fail(done.error().kind,
                  done.error().message + "; " + printable_path(file_.path) +
                      " still has what was moved: it is now in the file and in the store",
                  done.error().hint);
    }
    tell_containers();
    return {};
  }

  /// A line of the report: what was done, or would be.
  void tell(const std::string& done, const std::string& would, const std::string& what) {
    std::string words = options_.dry_run ? "would " + would : done;
    words.resize(std::max(words.size(), std::size_t{10}), ' ');
    report += "  " + words + "  " + what + "\n";
  }

  static std::string named(const PlainLogin& login) {
    return printable(login.credential.server) + " (" + printable(login.credential.username) + ")";
  }

  void leave(const PlainLogin& login, const std::string& why) {
    tell("left", "leave", named(login) + ": " + why);
    ++left;
  }

  /// A backup that a killed migrate left. Nothing in it may be lost: what is neither in the file nor in the store goes
  /// into the store. Another login of the same server in one of them is a newer one, and stays.
  Result<> settle_backup(std::string_view text) {
    const std::string backup = backup_path(file_.path);
    const Result<std::string> former = read_config_file(backup);
    const auto saved = former ? plain_logins(*former) : tl::unexpected(former.error());
    const auto logins = plain_logins(text);
    if (!saved || !logins || former->empty()) {
      return saved ? Result<>() : tl::unexpected(about_file(saved.error(), backup));
    }
    for (const PlainLogin& login : *saved) {
      const bool in_file = std::any_of(logins->begin(), logins->end(), [&](const PlainLogin& other) {
        return other.credential.server == login.credential.server;
      });
      // What migrate never takes away is not gone from the file by its doing.
      if (in_file || !why_immovable(helper_, file_, login).empty()) {
        continue;
      }
      const Result<Kept> kept = keeper_.keep(as_kept(file_, login.credential));
      if (!kept) {
        return tl::unexpected(kept.error());
      }
      if (kept->how == Kept::How::stored) {
        tell("moved", "move", named(login) + ", which stood in the backup only");
      }
    }
    report = printable_path(backup) + "\n" + report;
    report +=
        std::string("  ") + (options_.dry_run ? "would be " : "") + "removed: an interrupted migrate had left it\n";
    return options_.dry_run || unlink(backup.c_str()) == 0 ? Result<>()
                                                           : tl::unexpected(system_error("remove", backup, errno));
  }

  Result<> move(const PlainLogin& login) {
    const Result<Kept> kept = keeper_.keep(as_kept(file_, login.credential), options_.keep == "file");
    if (!kept) {
      return tl::unexpected(kept.error());
    }
    const bool is_other = kept->how == Kept::How::other;
    if (is_other && (options_.keep != "store" || kept->of_this_run)) {
      leave(login, "the store has another login for it (" + printable(kept->username) + ")");
      in_two_minds = true;
      return {};
    }
    moved_.push_back(&login);
    if (is_other) {
      tell("taken out", "take out", named(login) + ": the store keeps its own login for it");
    } else {
      tell("moved", "move", named(login));
    }
    return {};
  }

  /// podman, skopeo and buildah read the passwords of Docker's file, but not its credsStore; and their own file of the
  /// session goes with it, and what it says.
  void tell_containers() {
    const auto is_there = [&](const char* client) { return !find_program(helper_.host, client).empty(); };
    const bool any = is_there("podman") || is_there("skopeo") || is_there("buildah");
    const bool is_named = registries_conf(helper_.host).value_or(RegistriesConf()).names(suffix_of(helper_.name));
    if (!any || is_named || (file_.containers && !file_.fleeting)) {
      return;
    }
    if (file_.fleeting) {
      report += "  This file goes with the session; for podman, skopeo and buildah to ask here from then on:\n    " +
                configure_command(helper_, file_) + "\n";
      return;
    }
    const Result<ClientFile> usual = containers_file(helper_.host);
    report += "  For podman, skopeo and buildah, which read no credsStore:\n";
    std::set<std::string> registries;  // which several logins may be for
    for (const PlainLogin* login : moved_) {
      const std::string registry = registry_name(login->credential.server, true);
      report += registries.insert(registry).second
                    ? "    " + configure_command(helper_, usual ? *usual : file_, registry) + "\n"
                    : "";
    }
  }

  /// Only what was read back goes: a login that somebody changed in the meantime stays.
  Result<> take_away() {
    const Result<bool> changed = edit_file(helper_.host, file_.path, [&](std::string_view text) -> Result<std::string> {
      const Result<std::vector<PlainLogin>> now = plain_logins(text);
      if (!now) {
        return tl::unexpected(now.error());
      }
      std::vector<std::string> servers;
      for (const PlainLogin* login : moved_) {
        if (has(*now, login->credential)) {
          servers.push_back(login->credential.server);
        }
      }
      const Result<HelperNames> names = asked_helpers(helper_.host, file_, text);
      Result<std::string> result = names ? without_plain_logins(text, servers) : tl::unexpected(names.error());
      for (const std::string& registry : result ? missing_settings(file_, *names, servers) : std::set<std::string>()) {
        result = result.and_then([&](const std::string& so_far) {
          return edit_docker_config(so_far, {registry, suffix_of(helper_.name)});
        });
      }
      return result;
    });
    return changed ? Result<>() : tl::unexpected(changed.error());
  }

  const Helper& helper_;
  LoginKeeper& keeper_;
  ClientFile file_;
  Options options_;
  std::vector<const PlainLogin*> moved_;
};

std::string indented(const std::string& hint) {
  std::string lines;
  for (const std::string_view line : split_nonempty(hint, '\n')) {
    lines += "  " + std::string(line) + "\n";
  }
  return lines;
}

std::string nothing_to_move(const Helper& helper) {
  const std::string suffix = suffix_of(helper.name);
  const Result<std::string> docker = docker_config_path(helper.host);
  if (!clients_of(helper.host).docker || !docker) {
    const bool is_named = registries_conf(helper.host).value_or(RegistriesConf()).names(suffix);
    return "No passwords in plain text in podman's files\n" +
           (is_named ? "" : "To let podman keep its logins here: " + configure_command(helper, {"", true}) + "\n");
  }
  const Result<std::string> text = read_config_file(*docker);
  const bool is_named = text && configured_helper(*text, "") == suffix;
  return "No passwords in plain text in " + printable_path(*docker) + "\n" +
         (is_named ? "" : "To let docker keep its logins here: " + configure_command(helper, {*docker}) + "\n");
}

}  // namespace

std::string why_immovable(const Helper& helper, const ClientFile& file, const PlainLogin& login) {
  const std::string& server = login.credential.server;
  const bool is_part = server.find("://") == std::string::npos && server.find('/') != std::string::npos;
  if (login.obstacle.empty() && file.containers && is_part) {
    return "podman keeps logins for a part of a registry in this file only";
  }
  return login.obstacle.empty() && file.containers ? helper.beyond_podman() : login.obstacle;
}

std::string asked_instead(const Helper& helper, const ClientFile& file, const HelperNames& names,
                          const std::string& server) {
  const auto own = names.registries.find(registry_name(server, file.containers));
  const std::string asked = own != names.registries.end() ? own->second : names.store;
  return asked == suffix_of(helper.name) ? "" : asked;
}

std::string keep_commands(const Helper& helper) {
  return "To keep the login of the file:\n  " + helper.name + " migrate --keep file\nTo keep that of the store:\n  " +
         helper.name + " migrate --keep store\n";
}

std::string backup_path(const std::string& path) { return path + ".keyberth-backup"; }

Result<CommandOutput> migrate(const Helper& helper, const std::vector<std::string>& arguments) {
  const Result<Options> options = parse_options(helper, arguments);
  if (!options) {
    return tl::unexpected(options.error());
  }
  KEYBERTH_TRY(must_be_in_path(helper));
  const Result<std::vector<ClientFile>> files = client_files(helper.host);
  if (!files) {
    return tl::unexpected(files.error());
  }
  CommandOutput output{"", true};
  LoginKeeper keeper(helper, options->dry_run);
  bool in_two_minds = false;
  std::optional<Error> failure;
  for (const ClientFile& file : *files) {
    FileMove move(helper, keeper, file, *options);
    if (const Result<> done = move.run(); !done) {
      failure = or_doctor(helper, done.error());
      break;
    }
    output.text += move.report;
    output.good = output.good && move.left == 0;
    in_two_minds = in_two_minds || move.in_two_minds;
  }
  if (failure && output.text.empty()) {
    return tl::unexpected(*failure);
  }
  output.text += in_two_minds ? keep_commands(helper) : "";
  if (failure) {  // the other file is changed, which must be told too
    return CommandOutput(output.text + failure->message + "\n" + indented(failure->hint), false);
  }
  if (!output.text.empty() && !options->dry_run) {
    output.text += "See that it works: " + helper.name + " doctor\n";
  }
  if (output.text.empty()) {
    output.text = nothing_to_move(helper);
  }
  return output;
}

}  // namespace keyberth
