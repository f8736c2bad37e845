// SPDX-License-Identifier: Apache-2.0
#include "common/helper.h"

#include <unistd.h>

#include <algorithm>
#include <exception>
#include <string_view>

#include "common/configure.h"
#include "common/doctor.h"
#include "common/harden.h"
#include "common/input.h"
#include "common/migrate.h"
#include "common/protocol.h"
#include "common/server_key.h"
#include "common/split.h"

namespace keyberth {
namespace {

constexpr std::size_t kMessageLimit = 500;
constexpr std::size_t kHintLimit = 5000;  // commands with long paths must stay whole
constexpr std::size_t kActionLimit = 60;
constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

std::string usage_line(const Helper& helper) { return "Usage: " + helper.name + " <store|get|erase|list|version>\n"; }

std::string version_line(const Helper& helper) { return helper.name + " (keyberth) v" KEYBERTH_VERSION "\n"; }

/// The helper's own commands, then those that every helper has.
std::vector<Command> commands_of(const Helper& helper) {
  std::vector<Command> commands = helper.commands;
  const auto add = [&](const char* name, const char* synopsis, const char* summary, auto run) {
    commands.push_back(
        {name, synopsis, summary, [&helper, run](const auto& arguments) { return run(helper, arguments); }});
  };
  add("configure", "[--registry HOST]... [--containers] [--undo]",
      "let docker, or podman too, use this helper, for all registries or some", configure);
  add("migrate", "[--dry-run] [--keep file|store]",
      "move the passwords that stand in docker's and podman's files into this store", migrate);
  add("doctor", "[--all | --store] [--json]", "find out what is wrong, and the command that mends it", doctor);
  return commands;
}

std::string help_text(const Helper& helper, const std::vector<Command>& commands) {
  std::string text = usage_line(helper) + "\n" + helper.summary + R"(

Docker, podman, skopeo, helm and others run this program once Docker's config.json names it:
  )" + helper.name + R"( configure

Actions (the request comes on standard input):
  store     keep a login: {"ServerURL":"...","Username":"...","Secret":"..."}
  get       print the login of a server
  erase     remove the login of a server
  list      print all servers and their user names, never a secret
  version   print the version
)";
  text += "\nCommands for you:\n";
  for (const Command& command : commands) {
    const std::string call = command.name + (command.synopsis.empty() ? "" : " " + command.synopsis);
    text += "  " + call + "\n            " + command.summary + "\n";
  }
  return text + R"(
Options:
  -h, --help     print this text, or that of a command
  -v, --version  print the version

Environment:
  DOCKER_CREDENTIAL_LOG=debug   explain on standard error what is done, never a secret
  DOCKER_CREDENTIAL_TIMEOUT=60  seconds to wait for a person to answer a prompt, 1 to 3600

More: man )" +
         helper.name + "\n";
}

bool wants_help(const std::vector<std::string>& arguments) {
  return std::any_of(arguments.begin(), arguments.end(),
                     [](const std::string& word) { return word == "--help" || word == "-h"; });
}

std::string command_help(const Helper& helper, const Command& command) {
  const std::string& options = command.every_option.empty() ? command.synopsis : command.every_option;
  return "Usage: " + helper.name + " " + command.name + (options.empty() ? "" : " " + options) + "\n\n" +
         command.summary + "\n\nMore: man " + helper.name + "\n";
}

/// The protocol wants one short line on standard output; people read standard error, because docker swallows the other.
/// Not found is an ordinary answer, and silent there. Texts may come from outside: both are made fit for a terminal.
void report(const Helper& helper, const Error& error) {
  const std::string message = printable(error.message, kMessageLimit);
  (void)write_output(STDOUT_FILENO, message + "\n", patience(helper.host));
  if (error.kind == ErrorKind::not_found) {
    return;
  }
  std::string text;
  const bool same_screen = helper.host.is_terminal(STDOUT_FILENO) && helper.host.is_terminal(STDERR_FILENO);
  if (!same_screen) {
    const bool says_who = message.starts_with(helper.name) || message.starts_with("Usage:");
    text = (says_who ? "" : helper.name + ": ") + message + "\n";
  }
  for (const std::string_view line : split(error.hint, '\n')) {
    text += "  " + printable(line, kHintLimit) + "\n";
  }
  (void)write_output(STDERR_FILENO, text);
}

/// What the wanted action answers on standard output.
using Answer = Result<Secret>;

Result<Secret> request(const Helper& helper, std::string_view what) {
  if (helper.host.is_terminal(STDIN_FILENO)) {
    (void)write_output(STDERR_FILENO, helper.name + ": type " + std::string(what) + ", then Ctrl-D\n");
  }
  return read_standard_input(helper.host);
}

Result<std::string> requested_server(const Helper& helper) {
  const Result<Secret> input = request(helper, "the address of a registry");
  if (!input) {
    return tl::unexpected(input.error());
  }
  return parse_server(input->view());
}

Answer get(const Helper& helper) {
  const Result<std::string> server = requested_server(helper);
  if (!server) {
    return tl::unexpected(server.error());
  }
  const Result<Credential> credential = helper.store.get(lookup_keys(*server));
  if (!credential) {
    if (credential.error().kind == ErrorKind::not_found) {
      helper.host.debug("get: nothing stored for " + *server);
      return fail(ErrorKind::not_found, std::string(kNotFound));
    }
    return tl::unexpected(credential.error());
  }
  helper.host.debug("get: " + *server + " is stored as " + credential->server);
  return format_credential(*server, *credential);
}

Answer store(const Helper& helper) {
  const Result<Secret> input = request(helper, R"({"ServerURL":"...","Username":"...","Secret":"..."})");
  if (!input) {
    return tl::unexpected(input.error());
  }
  const Result<Credential> credential = parse_credential(input->view());
  wipe_stack();
  if (!credential) {
    return tl::unexpected(credential.error());
  }
  KEYBERTH_TRY(helper.store.store(*credential));
  helper.host.debug("store: " + credential->server + " for " + credential->username);
  return Secret();
}

Answer erase(const Helper& helper) {
  const Result<std::string> server = requested_server(helper);
  if (!server) {
    return tl::unexpected(server.error());
  }
  KEYBERTH_TRY(helper.store.erase(erase_keys(*server)));
  helper.host.debug("erase: nothing is left for " + *server);
  return Secret();
}

Answer list(const Helper& helper) {
  Result<std::vector<Entry>> entries = helper.store.list();
  if (!entries) {
    return tl::unexpected(entries.error());
  }
  helper.host.debug("list: " + std::to_string(entries->size()) + " entries");
  return Secret(format_list(std::move(*entries)));
}

/// The command that the first argument names; null for the protocol's actions and for what nobody knows.
const Command* named_command(const std::vector<Command>& commands, const std::vector<std::string>& arguments) {
  const auto found = std::find_if(commands.begin(), commands.end(), [&](const Command& command) {
    return !arguments.empty() && arguments.front() == command.name;
  });
  return found != commands.end() ? &*found : nullptr;
}

Answer run_command(const Helper& helper, const Command& command, const std::vector<std::string>& arguments,
                   bool& good) {
  const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
  if (wants_help(rest)) {
    return Secret(command_help(helper, command));
  }
  return command.run(rest).map([&good](const CommandOutput& output) {
    good = output.good;
    return Secret(output.text);
  });
}

Answer run_action(const Helper& helper, const std::vector<Command>& commands,
                  const std::vector<std::string>& arguments) {
  if (arguments.size() != 1) {
    std::string line = usage_line(helper);
    line.pop_back();
    return fail(ErrorKind::usage, line, "exactly one of these is expected; see: " + helper.name + " --help");
  }
  const std::string& action = arguments.front();
  if (action == "get") {
    return get(helper);
  }
  if (action == "store") {
    return store(helper);
  }
  if (action == "erase") {
    return erase(helper);
  }
  if (action == "list") {
    return list(helper);
  }
  if (action == "version" || action == "--version" || action == "-v") {
    return Secret(version_line(helper));
  }
  if (action == "--help" || action == "-h") {
    return Secret(help_text(helper, commands));
  }
  return fail(ErrorKind::usage, helper.name + ": unknown action: " + printable(action, kActionLimit),
              "the actions are store, get, erase, list and version; see: " + helper.name + " --help");
}

}  // namespace

int run_helper(const Helper& helper, int argc, char** argv) noexcept {
  harden_process(helper.dumpable);
  try {
    const std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
    bool good = true;
    const std::vector<Command> commands = commands_of(helper);
    const Command* command = named_command(commands, arguments);
    Answer answer =
        command != nullptr ? run_command(helper, *command, arguments, good) : run_action(helper, commands, arguments);
    if (answer) {
      if (Result<> written = write_output(STDOUT_FILENO, answer->view(), patience(helper.host)); !written) {
        answer = pass_on(std::move(written));
      }
    }
    if (!answer) {
      report(helper, answer.error());
      // Clients know 0 and 1 only (testcontainers parses standard output on any other); a command that people run tells
      // wrong usage apart.
      return command != nullptr && answer.error().kind == ErrorKind::usage ? kWrongUsage : kFailed;
    }
    return good ? 0 : kFailed;
  } catch (const std::exception& problem) {
    // Only the standard library throws here, above all for want of memory; its text holds nothing of ours.
    const std::string_view what = problem.what();
    for (const std::string_view part : {std::string_view("internal error: "), what, std::string_view("\n")}) {
      (void)!write(STDOUT_FILENO, part.data(), part.size());
      (void)!write(STDERR_FILENO, part.data(), part.size());
    }
    return kFailed;
  }
}

}  // namespace keyberth
