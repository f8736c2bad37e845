// SPDX-License-Identifier: Apache-2.0
#include "common/protocol.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "common/json.h"
#include "common/server_key.h"
#include "common/utf8.h"

namespace keyberth {
namespace {

Result<> check_text(std::string_view what, std::string_view text) {
  if (!is_utf8(text)) {
    return fail(ErrorKind::bad_input, std::string(what) + " is not valid UTF-8");
  }
  if (has_control(text)) {
    return fail(ErrorKind::bad_input, std::string(what) + " contains a control character",
                "line breaks, tabs and escape codes are never part of it; look at what the calling program sends");
  }
  return {};
}

Result<> check_server(std::string_view server) {
  if (server.empty()) {
    return fail(ErrorKind::bad_input, std::string(kNoServer),
                "name a registry on standard input, such as registry.example.com or https://index.docker.io/v1/");
  }
  return check_text("the server URL", server);
}

/// Appends `text` as a JSON string in the manner of Go's encoding/json with its HTML escapes.
template <class Sink>
void append_json_string(Sink& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto append = [&](std::string_view bytes) { out.append(bytes); };
  const auto escape = [&](unsigned code) {
    const std::array<char, 6> bytes{
        '\\', 'u', kHex[code >> 12U & 15U], kHex[code >> 8U & 15U], kHex[code >> 4U & 15U], kHex[code & 15U]};
    append({bytes.data(), bytes.size()});
  };
  append("\"");
  while (!text.empty()) {
    const Utf8Character character = first_character(text);
    const char32_t code = character.code;
    if (!character.valid) {
      append("\\ufffd");
    } else if (code == '"' || code == '\\') {
      append("\\");
      append(text.substr(0, 1));
    } else if (code == '\n') {
      append("\\n");
    } else if (code == '\r') {
      append("\\r");
    } else if (code == '\t') {
      append("\\t");
    } else if (code < 0x20 || code == '<' || code == '>' || code == '&' || code == 0x2028 || code == 0x2029) {
      escape(static_cast<unsigned>(code));
    } else {
      append(text.substr(0, character.size));
    }
    text.remove_prefix(character.size);
  }
  append("\"");
}

/// Whether `get` can be asked for this key; a key that nobody can ask for has no place in `list`.
bool is_listable(const std::string& server) {
  return !server.empty() && !is_private(server) && is_utf8(server) && !has_control(server);
}

bool reorders_text(char32_t code) {
  return code == 0x061C || (code >= 0x200B && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF;
}

}  // namespace

Result<std::string> parse_server(std::string_view input) {
  std::string server;
  for (std::size_t i = 0; i < input.size(); ++i) {
    const bool line_break = input[i] == '\n' || (input[i] == '\r' && (i + 1 == input.size() || input[i + 1] == '\n'));
    if (!line_break) {
      server.push_back(input[i]);
    }
  }
  server = std::string(trim(server));
  KEYBERTH_TRY(check_server(server));
  return server;
}

Result<Credential> parse_credential(std::string_view input) {
  if (trim(input).empty()) {
    return fail(ErrorKind::bad_input, "standard input is empty",
                R"(expected on standard input: {"ServerURL":"registry.example.com","Username":"...","Secret":"..."})");
  }
  Result<Credential> credential = parse_credential_json(input);
  if (!credential) {
    return credential;
  }
  credential->server = std::string(trim(credential->server));
  KEYBERTH_TRY(check_server(credential->server));
  if (credential->username.empty()) {
    return fail(ErrorKind::bad_input, std::string(kNoUsername),
                "give a user name, or <token> when the secret is an identity token");
  }
  KEYBERTH_TRY(check_text("the user name", credential->username));
  return credential;
}

Secret format_credential(std::string_view server, const Credential& credential) {
  Secret line;
  line.append(R"({"ServerURL":)");
  append_json_string(line, server);
  line.append(R"(,"Username":)");
  append_json_string(line, credential.username);
  line.append(R"(,"Secret":)");
  append_json_string(line, credential.secret.view());
  line.append("}\n");
  return line;
}

std::string format_list(std::vector<Entry> entries) {
  std::map<std::string, std::string> sorted;
  for (Entry& entry : entries) {
    if (is_listable(entry.server)) {
      sorted.emplace(std::move(entry.server), std::move(entry.username));
    }
  }
  std::string line = "{";
  for (const auto& [server, username] : sorted) {
    line += line.size() > 1 ? "," : "";
    append_json_string(line, server);
    line += ":";
    append_json_string(line, username);
  }
  return line + "}\n";
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  while (!text.empty()) {
    const Utf8Character character = first_character(text);
    if (out.size() + character.size > limit) {
      return out + "...";
    }
    if (!character.valid || is_control(character.code) || reorders_text(character.code)) {
      out += '?';
    } else {
      out += text.substr(0, character.size);
    }
    text.remove_prefix(character.size);
  }
  return out;
}

std::string printable_path(std::string_view path) { return printable(path, path.size()); }

std::string shell_word(std::string_view text) {
  constexpr std::size_t kLimit = 4096;  // PATH_MAX
  std::string word = "'";
  for (const char character : printable(text, kLimit)) {
    word += character == '\'' ? std::string("'\\''") : std::string(1, character);
  }
  return word + "'";
}

}  // namespace keyberth
