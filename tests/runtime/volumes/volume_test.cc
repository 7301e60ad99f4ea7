#include "runtime/volumes/volume.h"

#include "tests/support/testing.h"

namespace strata::runtime {
namespace {
using strata::testing::must;

TEST(Volume, NamesAreChecked) {
  must(checkVolumeName("data"));
  must(checkVolumeName("0.a_b-c"));
  must(checkVolumeName(makeAnonymousVolumeName()));
  EXPECT_FAULT_SAYING(checkVolumeName("a"), FaultKind::Invalid, "too short");
  for (const char* name : {"", "..", ".a", "-a", "a/b", "a b", "a\nb", "\xc3\xa4x"})
    EXPECT_FAULT_SAYING(checkVolumeName(name), FaultKind::Invalid, "includes invalid characters");
}

TEST(Volume, AnonymousNamesAre64HexDigitsAndDiffer) {
  std::string name = makeAnonymousVolumeName();
  EXPECT_THAT(name, ::testing::MatchesRegex("[0-9a-f]{64}"));
  EXPECT_NE(name, makeAnonymousVolumeName());
}

TEST(Volume, DocumentComesBack) {
  Volume volume{
      .name = "data", .created = 1'767'323'045'000'000'000, .options = {{"type", "tmpfs"}}, .labels = {{"a", "b"}}};
  Volume back = must(readVolumeDocument("data", printVolumeDocument(volume)));
  EXPECT_EQ(back.created, volume.created);
  EXPECT_EQ(back.options, volume.options);
  EXPECT_EQ(back.labels, volume.labels);
  EXPECT_FAULT(readVolumeDocument("data", "[]"), FaultKind::Invalid);
  EXPECT_FAULT(readVolumeDocument("data", "{"), FaultKind::Invalid);
}

TEST(VolumeBacking, KnowsTheLocalDriversOptions) {
  EXPECT_EQ(must(backingOf({})).kind, VolumeBacking::Kind::Directory);
  VolumeBacking bind = must(backingOf({{"type", "none"}, {"o", "bind,ro"}, {"device", "/srv/data"}}));
  EXPECT_EQ(bind.kind, VolumeBacking::Kind::Bind);
  EXPECT_EQ(bind.source, "/srv/data");
  EXPECT_EQ(bind.options, "ro");
  VolumeBacking tmpfs = must(backingOf({{"type", "tmpfs"}, {"o", "size=100m,uid=1000"}, {"device", "tmpfs"}}));
  EXPECT_EQ(tmpfs.kind, VolumeBacking::Kind::Tmpfs);
  EXPECT_EQ(tmpfs.options, "size=100m,uid=1000");
}

TEST(VolumeBacking, RefusesTheRest) {
  EXPECT_FAULT_SAYING(backingOf({{"colour", "red"}}), FaultKind::Invalid, "invalid option: \"colour\"");
  EXPECT_FAULT_SAYING(backingOf({{"type", "tmpfs"}}), FaultKind::Invalid, "missing required option: \"device\"");
  EXPECT_FAULT_SAYING(backingOf({{"device", "/a"}}), FaultKind::Invalid, "missing required option: \"type\"");
  EXPECT_FAULT_SAYING(backingOf({{"o", "bind"}}), FaultKind::Invalid, "missing required option");
  EXPECT_FAULT_SAYING(backingOf({{"size", "1g"}}), FaultKind::Unsupported, "no quota support");
  EXPECT_FAULT_SAYING(backingOf({{"type", "nfs"}, {"o", "addr=1.2.3.4"}, {"device", ":/x"}}), FaultKind::Unsupported,
                      "mount it on the host");
  EXPECT_FAULT_SAYING(backingOf({{"type", "none"}, {"o", "bind"}, {"device", "srv"}}), FaultKind::Invalid,
                      "an absolute path");
  EXPECT_FAULT(backingOf({{"type", "none"}, {"o", "bind,suid"}, {"device", "/srv"}}), FaultKind::Unsupported);
}

}  // namespace
}  // namespace strata::runtime
