// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "common/host.h"
#include "common/result.h"

/// The files that gpg keeps keys in, as far as this user may use them: one call of gpg under sudo leaves some behind
/// that belong to root. gpg does not say so: to it such a key is not there, or a message is damaged. Reads only.
namespace keyberth {

/// What closes gpg's folder, a key ring or the trust database to this user, if anything does: then gpg does nothing
/// right. The hint has the commands that mend it, if there are any.
[[nodiscard]] std::optional<Error> closed_rings(const Host& host);

/// The same, and the folder of the secret keys, whose mode gpg-agent may mend when it starts, and the file of any
/// secret key; whether that one is needed only gpg knows.
[[nodiscard]] std::optional<Error> closed_keys(const Host& host);

/// What gpg failed with, or what is behind that here.
[[nodiscard]] Error with_cause(const Host& host, Error error);

}  // namespace keyberth
