#include "registry/at_once.h"

#include "tests/support/testing.h"

#include <atomic>
#include <thread>

namespace strata::registry {
namespace {

/// All four that are under way at once fail, each with its own message.
llvm::Error failFour(FaultKind kind, llvm::StringRef message, bool numbered) {
  std::atomic<int> waiting = 0;
  return atOnce(4, [&](size_t i) -> llvm::Error {
    ++waiting;
    while (waiting < 4) std::this_thread::yield();
    return fault(kind, numbered ? message + std::to_string(i) : message);
  });
}

TEST(AtOnceTest, ARegistryThatIsOutOfReachIsNamedOnce) {
  for (FaultKind kind : {FaultKind::Unavailable, FaultKind::Denied, FaultKind::Cancelled}) {
    llvm::Error error = failFour(kind, "HEAD http://x/blobs/", true);
    EXPECT_EQ(kindOf(error), kind);
    std::string text = messageOf(std::move(error));
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
  }
}

TEST(AtOnceTest, WhatIsWrongWithEachPieceIsSaidOfEach) {
  std::string text = messageOf(failFour(FaultKind::Corrupt, "layer ", true));
  for (const char* one : {"layer 0", "layer 1", "layer 2", "layer 3"}) EXPECT_THAT(text, ::testing::HasSubstr(one));
  EXPECT_EQ(messageOf(failFour(FaultKind::Io, "disk full", false)), "disk full");
}

}  // namespace
}  // namespace strata::registry
