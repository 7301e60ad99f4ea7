#include "runtime/containers/attach_client.h"

#include "tests/support/testing.h"

namespace strata::runtime {
namespace {
using strata::testing::must;

TEST(DetachKeys, AreReadAsDockerWritesThem) {
  EXPECT_EQ(must(detachKeysFrom("ctrl-p,ctrl-q")), "\x10\x11");
  EXPECT_EQ(must(detachKeysFrom("a,CTRL-@,ctrl-[")), std::string("a\0\x1b", 3));
  for (const char* text : {"", "ctrl-", "ab", "ctrl-1", "a,,b"}) EXPECT_FAULT(detachKeysFrom(text), FaultKind::Invalid);
}

TEST(DetachKeys, AreFoundOverSeveralReads) {
  DetachKeys keys(must(detachKeysFrom("ctrl-p,ctrl-q")));
  EXPECT_EQ(keys.pass("ls\x10"), "ls");
  EXPECT_FALSE(keys.seen());
  EXPECT_EQ(keys.pass("\x11more"), "");
  EXPECT_TRUE(keys.seen());
}

TEST(DetachKeys, ABeginningThatGoesOnOtherwiseIsPassedOn) {
  DetachKeys keys(must(detachKeysFrom("ctrl-p,ctrl-q")));
  EXPECT_EQ(keys.pass("\x10x"), "\x10x");
  EXPECT_EQ(keys.pass("\x10"), "");
  EXPECT_EQ(keys.pass("\x10\x10"), "\x10\x10");
  EXPECT_EQ(keys.pass("\x11"), "");
  EXPECT_TRUE(keys.seen());
}

}  // namespace
}  // namespace strata::runtime
