#include "layerfs/descriptor.h"

#include "tests/support/testing.h"

namespace strata::layerfs {
namespace {
using strata::testing::must;

const std::string kDigest = digestOf("blob").str();

/// A manifest document with these members of its config descriptor.
std::string manifestWith(const std::string& config) {
  return R"({"schemaVersion":2,"config":{)" + config + R"(},"layers":[]})";
}
std::string members(const std::string& size) {
  return R"("mediaType":"application/vnd.oci.image.config.v1+json","digest":")" + kDigest + R"(","size":)" + size;
}

TEST(DescriptorTest, AManifestPrintsInTheOrderOfTheSpecificationAndReadsBack) {
  Manifest manifest;
  manifest.config = {.mediaType = media::kOciConfig.str(), .digest = digestOf("blob"), .size = 7};
  manifest.layers = {{.mediaType = media::kOciLayer.str(), .digest = digestOf("layer"), .size = 1024}};
  manifest.annotations = {{"b", "2"}, {"a", "1"}};
  std::string text = printManifest(manifest);
  EXPECT_EQ(text, R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{)" +
                      members("7") + R"(},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":")" +
                      digestOf("layer").str() + R"(","size":1024}],"annotations":{"a":"1","b":"2"}})");
  Manifest back = must(parseManifest(text));
  EXPECT_EQ(back.config.digest, digestOf("blob"));
  EXPECT_EQ(back.annotations, manifest.annotations);
  EXPECT_EQ(printManifest(back), text);
}

TEST(DescriptorTest, AnIndexKeepsPlatformsAndAnnotations) {
  Index index;
  index.manifests = {{.mediaType = media::kOciManifest.str(),
                      .digest = digestOf("m"),
                      .size = 3,
                      .annotations = {{"org.opencontainers.image.ref.name", "latest"}},
                      .platform = Platform{.os = "linux", .architecture = "arm", .variant = "v6"}}};
  std::string text = printIndex(index);
  Index back = must(parseIndex(text));
  ASSERT_EQ(back.manifests.size(), 1u);
  EXPECT_EQ(back.manifests[0].platform->str(), "linux/arm/v6");
  EXPECT_EQ(back.manifests[0].annotations, index.manifests[0].annotations);
  EXPECT_EQ(printIndex(back), text);
}

TEST(DescriptorTest, PlatformsAreNormalisedAsTheyAreRead) {
  auto index = must(parseIndex(R"({"schemaVersion":2,"manifests":[{)" + members("1") +
                               R"(,"platform":{"os":"linux","architecture":"arm64","variant":"v8"}}]})"));
  EXPECT_EQ(index.manifests[0].platform->str(), "linux/arm64");
}

TEST(DescriptorTest, DockersDocumentsAreRead) {
  auto manifest = must(parseManifest(R"({"schemaVersion":2,"mediaType":")" + media::kDockerManifest.str() +
                                     R"(","config":{)" + members("2") + R"(},"layers":[],"annotations":null})"));
  EXPECT_TRUE(media::isManifest(manifest.mediaType));
  auto list =
      must(parseIndex(R"({"schemaVersion":2,"mediaType":")" + media::kDockerList.str() + R"(","manifests":[]})"));
  EXPECT_TRUE(media::isIndex(list.mediaType));
}

TEST(DescriptorTest, AFaultNamesTheMember) {
  EXPECT_FAULT_SAYING(parseManifest(manifestWith(members("-1"))), FaultKind::Invalid, "config: size");
  EXPECT_FAULT_SAYING(parseManifest(manifestWith(members("1.5"))), FaultKind::Invalid, "config: size");
  EXPECT_FAULT_SAYING(parseManifest(manifestWith(members("\"1\""))), FaultKind::Invalid, "config: size");
  EXPECT_FAULT_SAYING(parseManifest(manifestWith(R"("mediaType":"x","size":1)")), FaultKind::Invalid, "digest");
  EXPECT_FAULT_SAYING(parseManifest(manifestWith(R"("digest":")" + kDigest + R"(","size":1)")), FaultKind::Invalid,
                      "mediaType");
  EXPECT_FAULT_SAYING(parseManifest(R"({"schemaVersion":2,"config":{)" + members("1") + "}}"), FaultKind::Invalid,
                      "layers");
  EXPECT_FAULT_SAYING(parseIndex(R"({"schemaVersion":2,"manifests":[7]})"), FaultKind::Invalid, "manifests[0]");
  EXPECT_FAULT_SAYING(parseIndex(R"({"schemaVersion":2,"manifests":[],"annotations":{"a":1}})"), FaultKind::Invalid,
                      "annotations");
}

TEST(DescriptorTest, OtherDocumentsAreRefused) {
  EXPECT_FAULT(parseManifest("[]"), FaultKind::Invalid);
  EXPECT_FAULT(parseManifest("{"), FaultKind::Invalid);
  EXPECT_FAULT_SAYING(parseManifest(R"({"schemaVersion":1})"), FaultKind::Invalid, "schemaVersion");
  std::string index = R"({"schemaVersion":2,"mediaType":")" + media::kOciIndex.str() + R"(","manifests":[]})";
  EXPECT_FAULT_SAYING(parseManifest(index), FaultKind::Invalid, "mediaType");
  std::string escape = R"("mediaType":"x","digest":"sha256:../../../../etc/passwd","size":1)";
  EXPECT_FAULT(parseManifest(manifestWith(escape)), FaultKind::Invalid);
}

}  // namespace
}  // namespace strata::layerfs
