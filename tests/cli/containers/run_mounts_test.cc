#include "cli/containers/run_mounts.h"

#include "tests/support/testing.h"

#include <filesystem>

namespace strata::cli {
namespace {

using strata::testing::must;
using Kind = runtime::MountRequest::Kind;

TEST(RunMountsTest, EveryFlagGivesARequest) {
  auto wanted = must(mountsFrom({.volumes = {"/srv:/a:ro", "data:/b", "/c"},
                                 .mounts = {"type=bind,src=/srv,dst=/d"},
                                 .tmpfs = {"/e:size=64m"},
                                 .volumesFrom = {"db:ro"}}));
  ASSERT_EQ(wanted.requests.size(), 5u);
  EXPECT_EQ(wanted.requests[0].kind, Kind::Bind);
  EXPECT_EQ(wanted.requests[1].source, "data");
  EXPECT_EQ(wanted.requests[2].source, "");
  EXPECT_EQ(wanted.requests[3].target, "/d");
  EXPECT_EQ(wanted.requests[4].kind, Kind::Tmpfs);
  ASSERT_EQ(wanted.from.size(), 1u);
  EXPECT_TRUE(wanted.from[0].readOnly);
}

TEST(RunMountsTest, RelativeSourcesStartWhereWeAre) {
  std::string here = std::filesystem::current_path().string();
  auto wanted = must(mountsFrom({.volumes = {".:/app", "./x:/b"}, .mounts = {"type=bind,src=./y,dst=/c"}}));
  EXPECT_EQ(wanted.requests[0].source, here);
  EXPECT_EQ(wanted.requests[1].source, joinPath(here, "x"));
  EXPECT_EQ(wanted.requests[2].source, joinPath(here, "y"));
}

TEST(RunMountsTest, InspectShowsWhatVolumeFlagsNamed) {
  auto wanted = must(mountsFrom(
      {.volumes = {"/srv:/a:ro,z", "data:/b", "/c"}, .mounts = {"type=bind,src=/srv,dst=/d"}, .tmpfs = {"/e"}}));
  EXPECT_THAT(bindsOf(wanted), ::testing::ElementsAre("/srv:/a:ro,z", "data:/b"));
}

TEST(RunMountsTest, WhatIsNoMountIsRefusedWithItsFlag) {
  EXPECT_FAULT_SAYING(mountsFrom({.volumes = {"/a:"}}), FaultKind::Invalid, "for \"-v, --volume\" flag: invalid spec");
  EXPECT_FAULT_SAYING(mountsFrom({.mounts = {"type=bind"}}), FaultKind::Invalid,
                      "invalid argument \"type=bind\" for \"--mount\" flag: target is required");
  EXPECT_FAULT_SAYING(mountsFrom({.tmpfs = {"a"}}), FaultKind::Invalid, "mount path must be absolute");
  EXPECT_FAULT(mountsFrom({.volumesFrom = {":"}}), FaultKind::Invalid);
}

}  // namespace
}  // namespace strata::cli
