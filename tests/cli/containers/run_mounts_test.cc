#include "cli/containers/run_mounts.h"

#include "tests/support/testing.h"

#include <unistd.h>

namespace strata::cli {
namespace {

using strata::testing::must;

TEST(RunMountsTest, AVolumeIsAHostPathAndAPlaceForIt) {
  TempDir dir = strata::testing::makeTempDir();
  auto mounts = must(mountsFrom({.volumes = {dir.path() + ":/data:ro"}}));
  ASSERT_EQ(mounts.size(), 1u);
  EXPECT_EQ(mounts[0].type, "bind");
  EXPECT_EQ(mounts[0].source, dir.path());
  EXPECT_EQ(mounts[0].destination, "/data");
  EXPECT_FALSE(mounts[0].readWrite);
}

TEST(RunMountsTest, AMissingSourceOfAVolumeIsMadeAndOneOfAMountIsNot) {
  TempDir dir = strata::testing::makeTempDir();
  must(mountsFrom({.volumes = {dir.path() + "/a/b:/data"}}));
  EXPECT_TRUE(pathExists(dir.path() + "/a/b"));
  EXPECT_FAULT(mountsFrom({.mounts = {"type=bind,src=" + dir.path() + "/c,dst=/data"}}), FaultKind::NotFound);
  EXPECT_FALSE(pathExists(dir.path() + "/c"));
}

TEST(RunMountsTest, RelativeSourcesStartWhereWeAre) {
  char here[4096];
  ASSERT_TRUE(::getcwd(here, sizeof here));
  auto mounts = must(mountsFrom({.volumes = {".:/app"}}));
  EXPECT_EQ(mounts[0].source, joinPath(here, "."));
}

TEST(RunMountsTest, TmpfsComesWithItsOptions) {
  auto mounts = must(
      mountsFrom({.mounts = {"type=tmpfs,destination=/b,tmpfs-size=1m,tmpfs-mode=700"}, .tmpfs = {"/a:size=64m"}}));
  ASSERT_EQ(mounts.size(), 2u);
  EXPECT_EQ(mounts[0].mode, "size=1m,mode=700");
  EXPECT_EQ(mounts[1].type, "tmpfs");
  EXPECT_EQ(mounts[1].destination, "/a");
  EXPECT_EQ(mounts[1].mode, "size=64m");
}

TEST(RunMountsTest, WhatIsNoMountIsRefused) {
  for (const char* text : {"/a:", ":/a", "/a:b", "/a:/", "/a:/b:wrong", "/a:/b:ro:more"}) {
    SCOPED_TRACE(text);
    EXPECT_FAULT(mountsFrom({.volumes = {text}}), FaultKind::Invalid);
  }
  EXPECT_FAULT(mountsFrom({.tmpfs = {"/a", "/a"}}), FaultKind::Invalid);
  EXPECT_FAULT_SAYING(mountsFrom({.volumes = {"name:/a"}}), FaultKind::Unsupported, "named volumes");
  EXPECT_FAULT_SAYING(mountsFrom({.volumes = {"/a"}}), FaultKind::Unsupported, "anonymous volumes");
}

}  // namespace
}  // namespace strata::cli
