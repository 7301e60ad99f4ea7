#include "tests/builder/copy/copy_fixture.h"

namespace strata::builder {
namespace {

using ::testing::ElementsAre;

class DestinationTest : public CopyFixture {
protected:
  static std::vector<std::string> existing(const DestinationFacts& facts) {
    std::vector<std::string> paths;
    for (const auto& ancestor : facts.existing) paths.push_back(ancestor.path);
    return paths;
  }
};

TEST_F(DestinationTest, COPY_16_COPY_17_PathsAreCleanedAndASlashMeansDirectory) {
  file("f", "x");
  EXPECT_EQ(resolve(request({"f"}, "/a/b/../f")).path, "a/f");
  EXPECT_FALSE(resolve(request({"f"}, "/a/f")).isDirectory);
  EXPECT_TRUE(resolve(request({"f"}, "/a/f/")).isDirectory);
  EXPECT_TRUE(resolve(request({"f"}, "/a/f/.")).isDirectory);
  EXPECT_TRUE(resolve(request({"f"}, "/")).isDirectory);
  EXPECT_EQ(resolve(request({"f"}, "/../../x")).path, "x");
}

TEST_F(DestinationTest, COPY_18_AnExistingDirectoryOrALinkToOneTakesTheFile) {
  file("f", "x");
  parentDirectory("dir");
  link("dir", parent("toDir"));
  parentFile("data", "old");
  link("data", parent("toData"));
  EXPECT_TRUE(resolve(request({"f"}, "/dir")).isDirectory);
  EXPECT_TRUE(resolve(request({"f"}, "/toDir")).isDirectory);
  EXPECT_EQ(resolve(request({"f"}, "/toDir")).path, "dir");
  EXPECT_FALSE(resolve(request({"f"}, "/data")).isDirectory);
  EXPECT_EQ(resolve(request({"f"}, "/toData")).path, "data");
}

TEST_F(DestinationTest, COPY_22_LinksLeadInsideTheRootAlsoToWhatIsNotThereYet) {
  file("foo", "x");
  link("../tmp/t", parent("symlink"));
  EXPECT_EQ(resolve(request({"foo"}, "/symlink/")).path, "tmp/t");
  link("/../../../../etc", parent("out"));
  parentDirectory("etc");
  EXPECT_EQ(resolve(request({"foo"}, "/out/")).path, "etc");
}

TEST_F(DestinationTest, EveryExistingDirectoryOnTheWayIsAFact) {
  file("f", "x");
  parentDirectory("a/b", 0710);
  EXPECT_THAT(existing(resolve(request({"f"}, "/a/b/c/d"))), ElementsAre("", "a", "a/b"));
  EXPECT_THAT(existing(resolve(request({"f"}, "/a/b/"))), ElementsAre("", "a", "a/b"));
  EXPECT_EQ(resolve(request({"f"}, "/a/b/")).existing[2].mode, 0710u);
  EXPECT_THAT(existing(resolve(request({"f"}, "/a/b/"), /*withParent=*/false)), ElementsAre());
}

TEST_F(DestinationTest, TheDigestSeesModesButNeitherTimesNorOtherFiles) {
  file("f", "x");
  parentDirectory("a");
  Digest before = resolve(request({"f"}, "/a/")).digest();
  parentFile("a/other", "x");
  setTime(parent("a"), 99);
  EXPECT_EQ(resolve(request({"f"}, "/a/")).digest(), before);
  ::chmod(parent("a").c_str(), 0700);
  EXPECT_NE(resolve(request({"f"}, "/a/")).digest(), before);
  EXPECT_NE(resolve(request({"f"}, "/b/")).digest(), before);
}

TEST_F(DestinationTest, COPY_25_AFileDoesNotReplaceADirectory) {
  file("d/name", "x");
  file("name", "x");
  parentDirectory("to/name");
  EXPECT_FAULT_SAYING(tryResolve(request({"d"}, "/to")), FaultKind::Invalid,
                      "cannot replace to directory \"/to/name\" with file");
  EXPECT_FAULT_SAYING(tryResolve(request({"name"}, "/to/")), FaultKind::Invalid, "cannot replace to directory");
}

TEST_F(DestinationTest, COPY_25_ADirectoryDoesNotReplaceAFileOrALink) {
  file("d/sub/f", "x");
  parentFile("to/sub", "file");
  parentFile("plain", "x");
  parentDirectory("linked/elsewhere");
  link("elsewhere", parent("linked/sub"));
  EXPECT_FAULT_SAYING(tryResolve(request({"d"}, "/to")), FaultKind::Invalid,
                      "cannot copy to non-directory: \"/to/sub\"");
  EXPECT_FAULT_SAYING(tryResolve(request({"d"}, "/plain")), FaultKind::Invalid, "cannot copy to non-directory");
  EXPECT_FAULT_SAYING(tryResolve(request({"d"}, "/linked")), FaultKind::Invalid, "cannot copy to non-directory");
  EXPECT_FAULT_SAYING(tryResolve(request({"d"}, "/plain/below")), FaultKind::Invalid, "cannot copy to non-directory");
}

TEST_F(DestinationTest, COPY_25_ConflictsAreFoundInLargeDirectoriesToo) {
  for (int i = 0; i < 40; ++i) file("d/f" + std::to_string(i), "x");
  parentDirectory("to/f39");
  EXPECT_FAULT_SAYING(tryResolve(request({"d"}, "/to")), FaultKind::Invalid, "\"/to/f39\"");
}

}  // namespace
}  // namespace strata::builder
