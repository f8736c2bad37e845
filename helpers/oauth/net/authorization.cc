// SPDX-License-Identifier: Apache-2.0
#include "helpers/oauth/net/authorization.h"

#include "common/base64.h"

namespace keyberth::oauth {

Secret basic_authorization(std::string_view username, std::string_view password) {
  Secret pair(username);
  pair.push_back(':');
  pair.append(password);
  Secret value("Basic ");
  value.append(base64(pair.view()).view());
  return value;
}

Secret bearer_authorization(std::string_view token) {
  Secret value("Bearer ");
  value.append(token);
  return value;
}

}  // namespace keyberth::oauth
