#include "cli/build_metadata.h"

#include "tests/support/testing.h"

#include <llvm/Support/Base64.h>

#include <cstdlib>

namespace strata::cli {
namespace {

builder::BuildResult imageResult() {
  builder::BuildResult result;
  result.image = digestOf("config");
  result.descriptor = {.mediaType = layerfs::media::kOciManifest.str(),
                       .digest = digestOf("manifest"),
                       .size = 7,
                       .annotations = {{"a", "b"}},
                       .platform = layerfs::Platform{"linux", "arm", "v7", ""}};
  result.names = {"docker.io/library/a:1", "docker.io/library/b:2"};
  result.buildId = "0123456789ab";
  result.warnings = {{"Rule", "Rule: words (line 2)", "why", "https://example.com/", 2, 3}};
  result.dockerfile = std::make_shared<const builder::SourceText>("Dockerfile", "FROM scratch\n");
  return result;
}

llvm::json::Object metadata(const builder::BuildResult& result) { return *metadataOf(result).getAsObject(); }

std::vector<std::string> keysOf(const llvm::json::Object& object) {
  std::vector<std::string> keys;
  for (const auto& entry : object) keys.push_back(entry.first.str());
  return keys;
}

using ::testing::UnorderedElementsAre;

TEST(BuildMetadata, OUT_20_TheKeysOfAnImage) {
  llvm::json::Object document = metadata(imageResult());
  EXPECT_THAT(keysOf(document),
              UnorderedElementsAre("buildx.build.ref", "containerimage.config.digest", "containerimage.descriptor",
                                   "containerimage.digest", "image.name"));
  EXPECT_EQ(document.getString("containerimage.config.digest"), digestOf("config").str());
  EXPECT_EQ(document.getString("containerimage.digest"), digestOf("manifest").str());
  EXPECT_EQ(document.getString("image.name"), "docker.io/library/a:1,docker.io/library/b:2");
  const llvm::json::Object& descriptor = *document.getObject("containerimage.descriptor");
  EXPECT_EQ(descriptor.getInteger("size"), 7);
  EXPECT_EQ(descriptor.getObject("annotations")->getString("a"), "b");
  EXPECT_EQ(descriptor.getObject("platform")->getString("variant"), "v7");
}

TEST(BuildMetadata, OUT_20_AnIndexHasNoOneConfiguration) {
  builder::BuildResult result = imageResult();
  result.descriptor.mediaType = layerfs::media::kOciIndex.str();
  EXPECT_THAT(keysOf(metadata(result)), UnorderedElementsAre("buildx.build.ref", "containerimage.descriptor",
                                                             "containerimage.digest", "image.name"));
}

TEST(BuildMetadata, OUT_20_FilesHaveTheBuildAlone) {
  builder::BuildResult result = imageResult();
  result.descriptor = {};
  result.names.clear();
  EXPECT_THAT(keysOf(metadata(result)), UnorderedElementsAre("buildx.build.ref"));
}

TEST(BuildMetadata, OUT_20_WarningsForThoseWhoAsk) {
  for (const char* wish : {"", "0", "false", "maybe"}) {
    ::setenv("BUILDX_METADATA_WARNINGS", wish, 1);
    EXPECT_FALSE(metadata(imageResult()).get("buildx.build.warnings")) << wish;
  }
  ::setenv("BUILDX_METADATA_WARNINGS", "true", 1);
  llvm::json::Object document = metadata(imageResult());
  builder::BuildResult silent = imageResult();
  silent.warnings.clear();
  EXPECT_FALSE(metadata(silent).get("buildx.build.warnings"));
  ::unsetenv("BUILDX_METADATA_WARNINGS");
  const llvm::json::Array& warnings = *document.getArray("buildx.build.warnings");
  ASSERT_EQ(warnings.size(), 1u);
  const llvm::json::Object& warning = *warnings[0].getAsObject();
  EXPECT_EQ(warning.getString("short"), llvm::encodeBase64(llvm::StringRef("Rule: words (line 2)")));
  EXPECT_EQ(warning.getString("url"), "https://example.com/");
  EXPECT_EQ(warning.getObject("sourceInfo")->getString("data"), llvm::encodeBase64(llvm::StringRef("FROM scratch\n")));
  const llvm::json::Object& range = *(*warning.getArray("range"))[0].getAsObject();
  EXPECT_EQ(range.getObject("start")->getInteger("line"), 2);
  EXPECT_EQ(range.getObject("end")->getInteger("line"), 3);
}

}  // namespace
}  // namespace strata::cli
