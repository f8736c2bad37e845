// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <span>
#include <string>
#include <utility>

#include "common/docker_config.h"
#include "common/json_text.h"
#include "common/plain_logins.h"
#include "common/protocol.h"

namespace keyberth {
namespace {

using json_text::find;
using json_text::Member;
using json_text::Object;
using json_text::root_of;
using json_text::scan;

/// What a value must be; null is taken everywhere.
struct Shape {
  char first;                               ///< the character that its text starts with
  const char* kind;                         ///< for people
  const Shape* each = nullptr;              ///< of every member
  std::span<const char* const> texts = {};  ///< members that must be text; others may be anything
};

constexpr std::array kLoginTexts{"auth",          "username",      "password",     "email",
                                 "serveraddress", "identitytoken", "registrytoken"};
constexpr std::array kProxyTexts{"httpProxy", "httpsProxy", "noProxy", "ftpProxy", "allProxy"};

constexpr Shape kText{'"', "text"};
constexpr Shape kList{'[', "list"};
constexpr Shape kTexts{'{', "object", &kText};
constexpr Shape kPlugins{'{', "object", &kTexts};
constexpr Shape kLogin{'{', "object", nullptr, kLoginTexts};
constexpr Shape kLogins{'{', "object", &kLogin};
constexpr Shape kProxy{'{', "object", nullptr, kProxyTexts};
constexpr Shape kProxies{'{', "object", &kProxy};

struct Setting {
  const char* name;
  const Shape& shape;
};

constexpr std::array kSettings{
    Setting{"auths", kLogins},        Setting{"credsStore", kText},
    Setting{"credHelpers", kTexts},   Setting{"HttpHeaders", kTexts},
    Setting{"proxies", kProxies},     Setting{"plugins", kPlugins},
    Setting{"aliases", kTexts},       Setting{"features", kTexts},
    Setting{"pruneFilters", kList},   Setting{"cliPluginsExtraDirs", kList},
    Setting{"experimental", kText},   Setting{"detachKeys", kText},
    Setting{"currentContext", kText}, Setting{"psFormat", kText},
    Setting{"imagesFormat", kText},   Setting{"networksFormat", kText},
    Setting{"pluginsFormat", kText},  Setting{"volumesFormat", kText},
    Setting{"statsFormat", kText},    Setting{"servicesFormat", kText},
    Setting{"tasksFormat", kText},    Setting{"serviceInspectFormat", kText},
    Setting{"secretFormat", kText},   Setting{"configFormat", kText},
    Setting{"nodesFormat", kText},
};

Result<> check(std::string_view text, std::size_t at, const Shape& shape, const std::string& name) {
  if (text.substr(at, 4) == "null") {
    return {};
  }
  if (text[at] != shape.first) {
    return fail(ErrorKind::bad_input, "its " + name + " is no " + shape.kind);
  }
  if (shape.first != '{') {
    return {};
  }
  const Object object = scan(text, at);
  for (const Member& member : object.members) {
    if (shape.each != nullptr) {
      KEYBERTH_TRY(check(text, member.value, *shape.each, printable(member.key) + " in " + name));
    }
  }
  for (const char* wanted : shape.texts) {
    const Result<const Member*> member = find(object, wanted, true);
    if (!member) {
      return tl::unexpected(member.error());
    }
    if (*member != nullptr) {
      KEYBERTH_TRY(check(text, (*member)->value, kText, std::string(wanted) + " of " + name));
    }
  }
  return {};
}

}  // namespace

Result<> check_docker_config(std::string_view text) {
  Result<Object> root = root_of(text);
  if (!root) {
    return pass_on(std::move(root));
  }
  for (const Setting& setting : kSettings) {
    const Result<const Member*> member = find(*root, setting.name, true);
    if (member && *member != nullptr) {  // of several Docker takes the last
      KEYBERTH_TRY(check(text, (*member)->value, setting.shape, setting.name));
    }
  }
  return {};
}

}  // namespace keyberth
