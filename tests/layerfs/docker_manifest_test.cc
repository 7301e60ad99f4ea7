#include "layerfs/docker_manifest.h"

#include "tests/support/testing.h"

namespace strata::layerfs {
namespace {

using strata::testing::must;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(DockerManifestTest, NamesWhatMakesEachImage) {
  auto entries = must(
      parseDockerManifest(R"([{"Config":"c.json","RepoTags":["app:1","app:2"],"Layers":["a/layer.tar","b/layer.tar"]},)"
                          R"({"Config":"d.json","RepoTags":null,"Layers":[]}])"));
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].config, "c.json");
  EXPECT_THAT(entries[0].names, ElementsAre("app:1", "app:2"));
  EXPECT_THAT(entries[0].layers, ElementsAre("a/layer.tar", "b/layer.tar"));
  EXPECT_THAT(entries[1].names, IsEmpty());
  EXPECT_THAT(entries[1].layers, IsEmpty());
}

TEST(DockerManifestTest, SaysWhatIsMissing) {
  EXPECT_FAULT_SAYING(parseDockerManifest("{}"), FaultKind::Invalid, "not a list");
  EXPECT_FAULT_SAYING(parseDockerManifest("[1]"), FaultKind::Invalid, "lacks Config or Layers");
  EXPECT_FAULT_SAYING(parseDockerManifest(R"([{"Config":"c"}])"), FaultKind::Invalid, "lacks Config or Layers");
  EXPECT_FAULT_SAYING(parseDockerManifest(R"([{"Config":"c","Layers":[2]}])"), FaultKind::Invalid, "list of paths");
  EXPECT_FAULT_SAYING(parseDockerManifest("["), FaultKind::Invalid, "manifest.json");
}

}  // namespace
}  // namespace strata::layerfs
