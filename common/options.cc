// SPDX-License-Identifier: Apache-2.0
#include "common/options.h"

namespace keyberth {

std::vector<std::string> with_value_apart(const std::vector<std::string>& words, std::string_view option) {
  std::vector<std::string> apart;
  for (const std::string& word : words) {
    if (word.starts_with(option) && word.substr(option.size()).starts_with('=')) {
      apart.emplace_back(option);
      apart.push_back(word.substr(option.size() + 1));
    } else {
      apart.push_back(word);
    }
  }
  return apart;
}

}  // namespace keyberth
