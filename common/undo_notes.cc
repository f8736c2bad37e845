// SPDX-License-Identifier: Apache-2.0
#include "common/undo_notes.h"

#include <unistd.h>

#include "common/config_file.h"
#include "common/files.h"
#include "common/protocol.h"

namespace keyberth {
namespace {

/// Starts a note that no helper was named; what stood there as JSON follows. No suffix, for no program is called
/// docker-credential--.
constexpr char kNoHelper = '-';

std::string noted(const HelperNames& notes, const std::string& registry) {
  const auto found = notes.registries.find(registry);
  return registry.empty() ? notes.store : found != notes.registries.end() ? found->second : "";
}

/// True when there is a note now that was not there before.
Result<bool> note(Host& host, const std::string& path, const std::string& registry, const std::string& suffix) {
  const Result<std::string> text = read_config_file(path);
  const Result<std::string> json = text ? setting_json(*text, registry) : text;
  const Result<std::string> former = json ? configured_helper(*text, registry) : json;
  if (!former || *former == suffix) {
    return former ? Result<bool>(false) : tl::unexpected(about_file(former.error(), path));
  }
  const Result<HelperNames> notes = read_notes(path);
  if (!notes || !noted(*notes, registry).empty()) {
    return notes ? Result<bool>(false) : tl::unexpected(notes.error());
  }
  const std::string what = former->empty() ? kNoHelper + *json : *former;
  Result<DockerConfigChange> change = change_docker_config(host, undo_path(path), {registry, what});
  return change ? Result<bool>(change->changed) : pass_on(std::move(change));
}

}  // namespace

std::string undo_path(const std::string& path) { return path + ".keyberth-undo"; }

Result<HelperNames> read_notes(const std::string& path) {
  const std::string notes = undo_path(path);
  const Result<std::string> text = read_config_file(notes);
  Result<HelperNames> names = text ? configured_helpers(*text) : tl::unexpected(text.error());
  if (!names) {
    Error error = about_file(names.error(), notes);
    error.hint = "what the settings were is noted there for --undo; without that note it works:\n  mv -n " +
                 shell_word(notes) + " " + shell_word(free_name(notes + ".old"));
    return tl::unexpected(error);
  }
  return names;
}

FormerSetting read_note(const std::string& note) {
  return note.starts_with(kNoHelper) ? FormerSetting{"", note.substr(1)} : FormerSetting{note, ""};
}

Result<> change_with_notes(Host& host, const std::string& path, const std::set<std::string>& registries,
                           const std::string& suffix, const std::function<Result<>()>& change) {
  std::set<std::string> fresh;
  Result<> done;
  for (auto registry = registries.begin(); done && registry != registries.end(); ++registry) {
    Result<bool> is_fresh = note(host, path, *registry, suffix);
    if (!is_fresh) {
      done = pass_on(std::move(is_fresh));
    } else if (*is_fresh) {
      fresh.insert(*registry);
    }
  }
  done = done ? change() : done;
  for (const std::string& registry : done ? std::set<std::string>() : fresh) {
    (void)forget_note(host, path, registry);  // the first failure is what counts
  }
  return done;
}

Result<> forget_note(Host& host, const std::string& path, const std::string& registry) {
  const Result<HelperNames> notes = read_notes(path);
  if (!notes) {
    return tl::unexpected(notes.error());
  }
  if (notes->registries.size() + (notes->store.empty() ? 0 : 1) == 1 && !noted(*notes, registry).empty()) {
    // Without writing, which may be what failed.
    return unlink(undo_path(path).c_str()) == 0 ? Result<>()
                                                : tl::unexpected(system_error("remove", undo_path(path), errno));
  }
  const auto struck = change_docker_config(host, undo_path(path), {registry, noted(*notes, registry), true});
  return struck ? Result<>() : tl::unexpected(struck.error());
}

}  // namespace keyberth
