// SPDX-License-Identifier: Apache-2.0
// A session as it comes out of a vault. What is accepted is written back the same; its freshness is never `fresh` once
// it has expired.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "helpers/oauth/session.h"
#include "tests/fuzz/check.h"

using namespace keyberth::oauth;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto session = read_session({reinterpret_cast<const char*>(data), size});
  if (!session) {
    FUZZ_CHECK(!session.error().message.empty());
    return 0;
  }
  const keyberth::Secret text = write_session(*session);
  const auto again = read_session(text.view());
  FUZZ_CHECK(again && write_session(*again).equals(text));
  for (const Session::Minted& minted : session->minted) {
    FUZZ_CHECK(session->find(minted.registry) == &minted);
    for (const UnixTime now :
         {minted.obtained - 1, minted.obtained, minted.expires - 1, minted.expires, UnixTime{1700000000}}) {
      const Freshness state = freshness(minted, now, 0.5);
      FUZZ_CHECK(minted.expires == 0 || now < minted.expires || state == Freshness::expired);
    }
  }
  return 0;
}
