// SPDX-License-Identifier: Apache-2.0
#include "common/doctor.h"

#include <utility>

namespace keyberth {

Check problem(std::string link, const Error& error) {
  return {std::move(link), Check::State::problem, error.message, error.hint};
}

}  // namespace keyberth
