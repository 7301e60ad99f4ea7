#include "runtime/spec/emulation.h"

#include "tests/support/testing.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::runtime {
namespace {
using layerfs::Platform;
using testing::must;
using testing::writeFile;

/// What a kernel shows of registered formats, in a directory.
class EmulationTest : public ::testing::Test {
protected:
  /// As qemu-user-static registers arm64 and s390x.
  void addArm64(llvm::StringRef flags, llvm::StringRef state = "enabled") {
    writeFile(registry() + "/qemu-aarch64", (state + "\ninterpreter /usr/bin/qemu-aarch64-static\nflags: " + flags +
                                             "\noffset 0\nmagic 7f454c460201010000000000000000000200b700\n"
                                             "mask ffffffffffffff00fffffffffffffffffeffffff\n")
                                                .str());
  }
  void addS390x() {
    writeFile(registry() + "/qemu-s390x",
              "enabled\ninterpreter /usr/bin/qemu-s390x-static\nflags: F\noffset 0\n"
              "magic 7f454c4602020100000000000000000000020016\nmask ffffffffffffff00fffffffffffffffffffeffff\n");
  }
  std::string registry() { return directory_.path() + "/binfmt"; }
  llvm::Expected<Emulation> find(llvm::StringRef platform) {
    return emulationFor(must(layerfs::parsePlatform(platform)), registry());
  }
  std::string foreign_ = layerfs::hostPlatform().architecture == "arm64" ? "s390x" : "arm64";
  TempDir directory_ = testing::makeTempDir();
};

TEST_F(EmulationTest, TheMachinesOwnProgramsNeedNothing) {
  EXPECT_EQ(must(emulationFor(layerfs::hostPlatform(), registry())).interpreter, "");
  if (layerfs::hostPlatform().architecture != "amd64") return;
  EXPECT_EQ(must(find("linux/386")).interpreter, "");
  EXPECT_EQ(must(find("linux/amd64/v3")).interpreter, "");
}

TEST_F(EmulationTest, WithoutARegisteredOneTheErrorSaysWhatToInstall) {
  EXPECT_FAULT_SAYING(find("linux/" + foreign_), FaultKind::Unsupported, "install qemu-user-static");
  EXPECT_FAULT_SAYING(find("linux/" + foreign_), FaultKind::Unsupported, "linux/" + foreign_);
  EXPECT_FAULT_SAYING(find("windows/amd64"), FaultKind::Unsupported, "windows/amd64");
}

TEST_F(EmulationTest, ARegisteredFormatIsKnownByItsMagic) {
  if (layerfs::hostPlatform().architecture == "arm64") GTEST_SKIP() << "arm64 is this machine's own";
  addS390x();
  EXPECT_FAULT(find("linux/arm64"), FaultKind::Unsupported);
  addArm64("OCF");
  Emulation emulation = must(find("linux/arm64"));
  EXPECT_EQ(emulation.interpreter, "/usr/bin/qemu-aarch64-static");
  EXPECT_TRUE(emulation.heldOpen);
  EXPECT_EQ(must(find("linux/s390x")).interpreter, "/usr/bin/qemu-s390x-static");
  EXPECT_FAULT(find("linux/riscv64"), FaultKind::Unsupported);
  std::vector<Platform> runnable = runnablePlatforms(registry());
  EXPECT_EQ(runnable.front(), layerfs::hostPlatform());
  EXPECT_TRUE(llvm::is_contained(runnable, must(layerfs::parsePlatform("linux/arm64"))));
  EXPECT_FALSE(llvm::is_contained(runnable, must(layerfs::parsePlatform("linux/riscv64"))));
}

TEST_F(EmulationTest, ADisabledOrUnreadableFormatIsNone) {
  if (layerfs::hostPlatform().architecture == "arm64") GTEST_SKIP() << "arm64 is this machine's own";
  addArm64("F", "disabled");
  EXPECT_FAULT(find("linux/arm64"), FaultKind::Unsupported);
  writeFile(registry() + "/odd", "enabled\ninterpreter /x\nmagic zz\n");
  writeFile(registry() + "/long", "enabled\ninterpreter /x\noffset 4000000000\nmagic 7f45\n");
  writeFile(registry() + "/none", "");
  EXPECT_FAULT(find("linux/arm64"), FaultKind::Unsupported);
}

TEST_F(EmulationTest, AnInterpreterThatTheKernelDoesNotHoldIsMounted) {
  if (layerfs::hostPlatform().architecture == "arm64") GTEST_SKIP() << "arm64 is this machine's own";
  Platform arm64 = must(layerfs::parsePlatform("linux/arm64"));
  addArm64("F");
  ContainerSpec held;
  must(prepareEmulation(arm64, held, registry()));
  EXPECT_TRUE(held.mounts.empty());
  addArm64("OC");
  ContainerSpec looked;
  must(prepareEmulation(arm64, looked, registry()));
  ASSERT_EQ(looked.mounts.size(), 1u);
  EXPECT_EQ(looked.mounts[0].target, "/usr/bin/qemu-aarch64-static");
  EXPECT_TRUE(looked.mounts[0].readOnly);
}

}  // namespace
}  // namespace strata::runtime
