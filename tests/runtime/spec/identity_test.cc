#include "runtime/spec/container_spec.h"
#include "tests/support/testing.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <filesystem>

namespace strata::runtime {
namespace {
using strata::testing::must;
using strata::testing::writeFile;
using ::testing::ElementsAre;

class IdentityTest : public ::testing::Test {
protected:
  IdentityTest() : directory_(strata::testing::makeTempDir()) {
    passwd(
        "# comment\nroot:x:0:0:root:/root:/bin/sh\nbob:x:1000:1001:Bob:/home/bob:/bin/sh\n"
        "1234:x:77:78::/home/number:\nbroken:x\nbad:x:y:z::/:\nhomeless:x:5:5:::\n");
    writeFile(path("etc/group"), "root:x:0:root\nwheel:x:10:root,bob\nbob:x:1001:\nstaff:x:50:bob\n");
    root_.reset(::open(directory_.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  }
  std::string path(llvm::StringRef below) const { return joinPath(directory_.path(), below); }
  void passwd(llvm::StringRef text) { writeFile(path("etc/passwd"), text); }
  Identity identity(llvm::StringRef user) { return must(resolveIdentity(user, root_.get())); }
  Owner owner(llvm::StringRef chown) { return must(resolveOwner(chown, root_.get())); }

  TempDir directory_;
  UniqueFd root_;
};

TEST_F(IdentityTest, USER_7_NoUserIsRootWithRootsGroups) {
  Identity root = identity("");
  EXPECT_EQ(root.uid, 0u);
  EXPECT_THAT(root.groups, ElementsAre(0, 10));
  EXPECT_EQ(root.home, "/root");
}

TEST_F(IdentityTest, USER_4_USER_5_NameGivesItsGroupsAndHome) {
  for (const char* text : {"bob", "1000", "bob:"}) {
    Identity bob = identity(text);
    EXPECT_EQ(bob.uid, 1000u) << text;
    EXPECT_EQ(bob.gid, 1001u);
    EXPECT_THAT(bob.groups, ElementsAre(1001, 10, 50));
    EXPECT_EQ(bob.home, "/home/bob");
  }
}

TEST_F(IdentityTest, NumberThatIsANameIsTheName) { EXPECT_EQ(identity("1234").uid, 77u); }

TEST_F(IdentityTest, USER_4_UnknownNumberIsInGroupZero) {
  Identity stranger = identity("4242");
  EXPECT_EQ(stranger.uid, 4242u);
  EXPECT_EQ(stranger.gid, 0u);
  EXPECT_THAT(stranger.groups, ElementsAre(0));
  EXPECT_EQ(stranger.home, "/");
}

TEST_F(IdentityTest, USER_6_NamedGroupIsTheOnlyOne) {
  EXPECT_THAT(identity("bob:staff").groups, ElementsAre(50));
  EXPECT_EQ(identity("bob:staff").gid, 50u);
  EXPECT_EQ(identity("1:2").gid, 2u);
  EXPECT_EQ(identity(":50").uid, 0u);
  EXPECT_EQ(identity(":50").gid, 50u);
}

TEST_F(IdentityTest, EmptyHomeIsTheRoot) { EXPECT_EQ(identity("homeless").home, "/"); }

TEST_F(IdentityTest, USER_3_UnknownNamesAreFaults) {
  EXPECT_FAULT_SAYING(resolveIdentity("ghost", root_.get()), FaultKind::NotFound, "unable to find user ghost");
  EXPECT_FAULT_SAYING(resolveIdentity("bob:ghosts", root_.get()), FaultKind::NotFound, "unable to find group ghosts");
  EXPECT_FAULT(resolveIdentity("4294967296", root_.get()), FaultKind::Invalid);
  EXPECT_FAULT(resolveIdentity("0:99999999999999999999", root_.get()), FaultKind::Invalid);
}

TEST_F(IdentityTest, USER_7_WorksWithoutDatabases) {
  std::filesystem::remove_all(path("etc"));
  EXPECT_EQ(identity("").uid, 0u);
  EXPECT_THAT(identity("").groups, ElementsAre(0));
  EXPECT_EQ(identity("7:8").gid, 8u);
  EXPECT_FAULT(resolveIdentity("root", root_.get()), FaultKind::NotFound);
}

TEST_F(IdentityTest, DatabaseIsNeverReadOutsideOfTheRoot) {
  auto outside = strata::testing::makeTempDir();
  writeFile(outside.path() + "/passwd", "evil:x:666:666::/:\n");
  std::filesystem::remove(path("etc/passwd"));
  std::filesystem::create_symlink("../../../../../.." + outside.path() + "/passwd", path("etc/passwd"));
  EXPECT_FAULT(resolveIdentity("evil", root_.get()), FaultKind::NotFound);
}

TEST_F(IdentityTest, LinkInsideTheRootIsFollowed) {
  std::filesystem::rename(path("etc/passwd"), path("passwd"));
  std::filesystem::create_symlink("/passwd", path("etc/passwd"));
  EXPECT_EQ(identity("bob").uid, 1000u);
}

TEST_F(IdentityTest, COPY_34_FifosAndHugeFilesAreRefused) {
  std::filesystem::remove(path("etc/passwd"));
  ASSERT_EQ(::mkfifo(path("etc/passwd").c_str(), 0644), 0);
  EXPECT_FAULT(resolveIdentity("bob", root_.get()), FaultKind::Invalid);
  std::filesystem::remove(path("etc/passwd"));
  passwd("");
  std::filesystem::resize_file(path("etc/passwd"), (10 << 20) + 1);
  EXPECT_FAULT_SAYING(resolveIdentity("bob", root_.get()), FaultKind::Invalid, "larger than 10 MiB");
  EXPECT_FAULT(resolveOwner("bob", root_.get()), FaultKind::Invalid);
}

TEST_F(IdentityTest, COPY_31_COPY_32_OwnerOfACopy) {
  EXPECT_EQ(owner("bob").uid, 1000u);
  EXPECT_EQ(owner("bob").gid, 1001u);
  EXPECT_EQ(owner("55").gid, 55u) << "a lone number is both";
  EXPECT_EQ(owner("bob:staff").gid, 50u);
  EXPECT_EQ(owner("bob:9").gid, 9u);
  EXPECT_EQ(owner("ghost:ghosts").uid, 0u);
  EXPECT_EQ(owner("ghost:ghosts").gid, 0u);
  EXPECT_EQ(owner("bob:ghosts").gid, 1001u) << "the group that the user has anyway";
  EXPECT_EQ(owner("root").uid, 0u);
  EXPECT_FAULT(resolveOwner("3000000000", root_.get()), FaultKind::Invalid);
}

TEST_F(IdentityTest, COPY_33_NamesNeedAFileSystemToLookThemUpIn) {
  EXPECT_FAULT_SAYING(resolveOwner("bob", -1), FaultKind::Invalid, "invalid user index");
  EXPECT_FAULT_SAYING(resolveOwner("5:staff", -1), FaultKind::Invalid, "invalid user index");
  EXPECT_EQ(must(resolveOwner("5:6", -1)).gid, 6u);
  EXPECT_EQ(must(resolveOwner("root", -1)).uid, 0u);
}

}  // namespace
}  // namespace strata::runtime
