#include "runtime/volumes/mount_request.h"
#include "tests/support/testing.h"

namespace strata::runtime {
namespace {
using strata::testing::must;
constexpr char kHere[] = "/home/ann/app";

MountRequest readVolume(llvm::StringRef text) { return must(readVolumeFlag(text, kHere)); }

TEST(VolumeFlag, TellsNamesFromPathsAndAnonymousOnes) {
  MountRequest named = readVolume("data:/var/lib/data");
  EXPECT_EQ(named.kind, MountRequest::Kind::Volume);
  EXPECT_EQ(named.source, "data");
  EXPECT_EQ(named.target, "/var/lib/data");
  EXPECT_TRUE(named.copies);
  MountRequest bind = readVolume("/srv//a/./b:/app/");
  EXPECT_EQ(bind.kind, MountRequest::Kind::Bind);
  EXPECT_EQ(bind.source, "/srv/a/b");
  EXPECT_EQ(bind.target, "/app");
  EXPECT_TRUE(bind.makesSource);
  MountRequest anonymous = readVolume("/data");
  EXPECT_EQ(anonymous.kind, MountRequest::Kind::Volume);
  EXPECT_EQ(anonymous.source, "");
  EXPECT_EQ(anonymous.target, "/data");
}

TEST(VolumeFlag, RelativePathsBeginWhereWeAre) {
  EXPECT_EQ(readVolume(".:/a").source, "/home/ann/app");
  EXPECT_EQ(readVolume("./x:/a").source, "/home/ann/app/x");
  EXPECT_EQ(readVolume("../x:/a").source, "/home/ann/x");
  EXPECT_EQ(readVolume(".cache:/a").source, "/home/ann/app/.cache");
}

TEST(VolumeFlag, ReadsModes) {
  MountRequest request = readVolume("/a:/b:ro,Z,rslave,cached");
  EXPECT_TRUE(request.readOnly);
  EXPECT_EQ(request.propagation, "rslave");
  EXPECT_EQ(request.mode, "ro,Z,rslave,cached");
  EXPECT_FALSE(readVolume("a1:/b:nocopy").copies);
  EXPECT_FALSE(readVolume("a1:/b:rw").readOnly);
}

TEST(VolumeFlag, RefusesWhatDockerRefuses) {
  auto refused = [](llvm::StringRef text, llvm::StringRef saying) {
    EXPECT_FAULT_SAYING(readVolumeFlag(text, kHere), FaultKind::Invalid, saying.str());
  };
  refused("", "invalid empty volume spec");
  refused(":/a", "empty section between colons");
  refused("/a:", "empty section between colons");
  refused("a1:/b:ro:x", "too many colons");
  refused("a1:b", "mount path must be absolute");
  refused("b", "invalid mount path: 'b' mount path must be absolute");
  refused("a1:/", "destination can't be '/'");
  refused("a1:/x/..", "destination can't be '/'");
  refused("a:/b", "volume name is too short");
  refused("a b:/b", "includes invalid characters for a local volume name");
  refused("x/y:/b", "If you intended to pass a host directory, use absolute path");
  refused("a1:/b:quick", "invalid mode: quick");
  refused("a1:/b:ro,rw", "invalid mode: ro,rw");
  refused("/a:/b:nocopy", "invalid mode: nocopy");
  refused("a1:/b:rshared", "field BindOptions must not be specified");
  refused("a1:/b\x1b[2J:bad\x1b", "invalid mode: bad\\x1b");
}

TEST(TmpfsFlag, HasAPathAndOptions) {
  MountRequest request = must(readTmpfsFlag("/run:size=64m,mode=1770,exec"));
  EXPECT_EQ(request.kind, MountRequest::Kind::Tmpfs);
  EXPECT_EQ(request.target, "/run");
  EXPECT_EQ(request.mode, "size=64m,mode=1770,exec");
  EXPECT_FAULT_SAYING(readTmpfsFlag("run"), FaultKind::Invalid, "mount path must be absolute");
  EXPECT_FAULT_SAYING(readTmpfsFlag("/run:size=big"), FaultKind::Invalid, "invalid tmpfs option [\"size=big\"]");
  EXPECT_FAULT_SAYING(readTmpfsFlag("/run:bind"), FaultKind::Invalid, "invalid tmpfs option [\"bind\"]");
}

TEST(VolumesFrom, NamesAContainer) {
  EXPECT_EQ(must(readVolumesFrom("db")).container, "db");
  EXPECT_FALSE(must(readVolumesFrom("db:rw")).readOnly);
  EXPECT_TRUE(must(readVolumesFrom("db:ro")).readOnly);
  EXPECT_FAULT_SAYING(readVolumesFrom(":ro"), FaultKind::Invalid, "invalid volumes-from specification");
  EXPECT_FAULT_SAYING(readVolumesFrom("db:fast"), FaultKind::Invalid, "invalid mode: fast");
}

}  // namespace
}  // namespace strata::runtime
