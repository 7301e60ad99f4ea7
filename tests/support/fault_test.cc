#include "support/fault.h"

#include "tests/support/testing.h"

#include <cerrno>

namespace strata::testing {
namespace {

TEST(Fault, ContextPrefixesTheMessageAndKeepsTheKind) {
  auto error = withContext(fault(FaultKind::Corrupt, "bad bytes"), "read blob");
  EXPECT_EQ(kindOf(error), FaultKind::Corrupt);
  EXPECT_EQ(messageOf(std::move(error)), "read blob: bad bytes");
}

TEST(Fault, ContextOfSuccessIsSuccess) { EXPECT_FALSE(bool(withContext(llvm::Error::success(), "read"))); }

TEST(Fault, ErrnoTellsTheKind) {
  auto kindOfNumber = [](int number) { return *faultOf(errnoFault("open x", number)).kind; };
  EXPECT_EQ(kindOfNumber(ENOENT), FaultKind::NotFound);
  EXPECT_EQ(kindOfNumber(EEXIST), FaultKind::Exists);
  EXPECT_EQ(kindOfNumber(EACCES), FaultKind::Denied);
  EXPECT_EQ(kindOfNumber(EPERM), FaultKind::Denied);
  EXPECT_EQ(kindOfNumber(ENOSYS), FaultKind::Unsupported);
  EXPECT_EQ(kindOfNumber(EIO), FaultKind::Io);
}

TEST(Fault, ErrnoIsTakenFromTheLastCall) {
  errno = ENOENT;
  EXPECT_FAULT_SAYING(errnoFault("open /x"), FaultKind::NotFound, "open /x: No such file or directory");
}

TEST(Fault, AFullDiskSaysTheWayOut) {
  EXPECT_FAULT_SAYING(errnoFault("write x", ENOSPC), FaultKind::Io, "strata system prune");
}

TEST(Fault, OnlyTheKindAskedForIsTaken) {
  auto absent = fault(FaultKind::NotFound, "no x");
  EXPECT_FALSE(takeIf(absent, FaultKind::Exists));
  ASSERT_TRUE(bool(absent));
  EXPECT_TRUE(takeIf(absent, FaultKind::NotFound));
  EXPECT_FALSE(bool(absent));
}

TEST(Fault, SuccessIsNotTaken) {
  auto error = llvm::Error::success();
  EXPECT_FALSE(takeIf(error, FaultKind::NotFound));
  EXPECT_FALSE(bool(error));
}

TEST(Fault, AnErrorOfSomebodyElseIsIo) {
  auto error = llvm::createStringError(llvm::inconvertibleErrorCode(), "from elsewhere");
  EXPECT_EQ(kindOf(error), FaultKind::Io);
  EXPECT_EQ(messageOf(withContext(std::move(error), "here")), "here: from elsewhere");
}

TEST(Fault, JoinedErrorsMayPassOnlyIfAllMay) {
  auto joined = [](FaultKind first, FaultKind second) {
    auto both = llvm::joinErrors(fault(first, "first"), fault(second, "second"));
    FaultKind kind = kindOf(both);
    llvm::consumeError(std::move(both));
    return kind;
  };
  EXPECT_EQ(joined(FaultKind::Unavailable, FaultKind::Unavailable), FaultKind::Unavailable);
  EXPECT_EQ(joined(FaultKind::Denied, FaultKind::Unavailable), FaultKind::Denied);
  EXPECT_EQ(joined(FaultKind::Unavailable, FaultKind::Denied), FaultKind::Denied);
  EXPECT_EQ(joined(FaultKind::NotFound, FaultKind::Denied), FaultKind::Denied);
}

TEST(Fault, JoinedErrorsAreALineEach) {
  auto both = llvm::joinErrors(fault(FaultKind::Io, "first"), fault(FaultKind::Io, "second"));
  EXPECT_EQ(messageOf(std::move(both)), "first\nsecond");
}

TEST(Fault, KindsHaveNamesForMachines) {
  EXPECT_EQ(nameOf(FaultKind::NotFound), "not-found");
  EXPECT_EQ(nameOf(FaultKind::Unavailable), "unavailable");
}

}  // namespace
}  // namespace strata::testing
