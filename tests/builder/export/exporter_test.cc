#include "builder/export/exporter.h"

#include "layerfs/descriptor.h"
#include "tests/builder/export/export_fixture.h"

#include <sys/stat.h>
#include <unistd.h>

namespace strata::builder {
namespace {
using layerfs::EntryKind;
using testing::must;
using testing::writeFile;

class ExporterTest : public ExportFixture {
protected:
  ExportJob job(const OutputSpec& spec, const std::vector<PlatformResult>& results) {
    return {.spec = spec, .results = results, .asIndex = results.size() > 1, .store = *store_};
  }
  std::vector<PlatformResult> two() {
    return {result(kAmd, {layer({{"bin/a", "amd"}})}), result(kArm, {layer({{"bin/b", "arm"}})})};
  }
  std::string blob(const std::string& layout, const Digest& digest) {
    return text(layout + "/blobs/sha256/" + digest.hex());
  }
  std::vector<std::string> namesInTar(llvm::StringRef name) {
    std::string bytes = text(name);
    StringSource source(bytes);
    std::vector<std::string> names;
    must(layerfs::readLayerTar(source, [&](const layerfs::LayerEntry& entry, ByteSource&) {
      names.push_back(entry.path);
      return llvm::Error::success();
    }));
    return names;
  }
};

TEST_F(ExporterTest, OUT_7_OUT_22_SeveralPlatformsAreANestedIndexInTheirOrder) {
  OutputSpec spec = must(parseOutput("type=oci,tar=false,\"name=app,app:2\",dest=" + path("layout")));
  auto results = two();
  ExportedImage exported = must(exportLayout(job(spec, results)));
  auto root = must(layerfs::parseIndex(text("layout/index.json")));
  ASSERT_EQ(root.manifests.size(), 2u);  // one a name
  EXPECT_EQ(root.manifests[0].mediaType, layerfs::media::kOciIndex);
  EXPECT_EQ(root.manifests[0].digest, exported.descriptor.digest);
  EXPECT_EQ(root.manifests[0].annotations["io.containerd.image.name"], "docker.io/library/app:latest");
  EXPECT_EQ(root.manifests[1].annotations["org.opencontainers.image.ref.name"], "2");
  EXPECT_EQ(root.manifests[0].annotations["org.opencontainers.image.created"], "1970-01-01T00:00:01Z");
  auto index = must(layerfs::parseIndex(blob("layout", exported.descriptor.digest)));
  ASSERT_EQ(index.manifests.size(), 2u);
  EXPECT_EQ(index.manifests[0].platform, kAmd);
  EXPECT_EQ(index.manifests[1].platform, kArm);
  for (size_t i = 0; i < 2; ++i) {
    auto manifest = must(layerfs::parseManifest(blob("layout", index.manifests[i].digest)));
    EXPECT_EQ(manifest.config.digest, exported.configs[i]);
    ASSERT_EQ(manifest.layers.size(), 1u);
    EXPECT_EQ(blob("layout", manifest.layers[0].digest).size(), manifest.layers[0].size);
  }
  EXPECT_EQ(exported.id(), exported.descriptor.digest);
}

TEST_F(ExporterTest, ANN_2_EveryDocumentOfAnIndexTakesItsOwn) {
  OutputSpec spec = must(parseOutput(
      "type=oci,tar=false,annotation-index.i=1,annotation-index-descriptor.d=2,annotation[linux/arm/v7].m=3,"
      "annotation-manifest-descriptor[linux/amd64].e=4,dest=" +
      path("layout")));
  auto results = two();
  ExportedImage exported = must(exportLayout(job(spec, results)));
  auto root = must(layerfs::parseIndex(text("layout/index.json")));
  EXPECT_EQ(root.manifests[0].annotations["d"], "2");
  auto index = must(layerfs::parseIndex(blob("layout", exported.descriptor.digest)));
  EXPECT_EQ(index.annotations, (std::map<std::string, std::string>{{"i", "1"}}));
  EXPECT_EQ(index.manifests[0].annotations, (std::map<std::string, std::string>{{"e", "4"}}));
  EXPECT_TRUE(index.manifests[1].annotations.empty());
  EXPECT_TRUE(must(layerfs::parseManifest(blob("layout", index.manifests[0].digest))).annotations.empty());
  EXPECT_EQ(must(layerfs::parseManifest(blob("layout", index.manifests[1].digest))).annotations["m"], "3");
}

TEST_F(ExporterTest, OUT_16_LocalPutsEachPlatformIntoItsDirectory) {
  OutputSpec spec{.type = OutputType::Local, .destination = path("out")};
  auto results = two();
  must(exportLocal(job(spec, results)));
  EXPECT_EQ(text("out/linux_amd64/bin/a"), "amd");
  EXPECT_EQ(text("out/linux_arm_v7/bin/b"), "arm");
}

TEST_F(ExporterTest, OUT_16_WithoutSplitThePlatformsAreOneTree) {
  OutputSpec spec{.type = OutputType::Local, .destination = path("out"), .platformSplit = false};
  auto results = two();
  must(exportLocal(job(spec, results)));
  EXPECT_EQ(text("out/bin/a") + text("out/bin/b"), "amdarm");
}

TEST_F(ExporterTest, OUT_16_WithoutSplitOnePathOfTwoPlatformsIsAnErrorBeforeAnythingIsWritten) {
  std::vector<PlatformResult> results = {result(kAmd, {layer({{"bin/a", "amd"}})}),
                                         result(kArm, {layer({{"bin/a", "arm"}})})};
  for (OutputType type : {OutputType::Local, OutputType::Tar}) {
    OutputSpec spec{.type = type, .destination = path("out"), .platformSplit = false};
    EXPECT_FAULT_SAYING(type == OutputType::Local ? exportLocal(job(spec, results)) : exportTar(job(spec, results)),
                        FaultKind::Invalid, "cannot overwrite bin/a from linux/amd64 with linux/arm/v7");
    EXPECT_FALSE(pathExists(path("out")));
  }
}

TEST_F(ExporterTest, OUT_16_SplitHoldsForOnePlatformToo) {
  OutputSpec spec{.type = OutputType::Local, .destination = path("out"), .platformSplit = true};
  std::vector<PlatformResult> results = {result(kArm, {layer({{"a", "arm"}})})};
  must(exportLocal(job(spec, results)));
  EXPECT_EQ(text("out/linux_arm_v7/a"), "arm");
}

TEST_F(ExporterTest, OUT_17_DeleteFollowsNoLinkOutOfTheDestination) {
  writeFile(path("outside/kept"), "kept");
  writeFile(path("out/stale/deep/file"), "old");
  writeFile(path("out/bin/stale"), "old");
  ASSERT_EQ(::symlink("../outside", path("out/link").c_str()), 0);
  OutputSpec spec{.type = OutputType::Local, .destination = path("out"), .deleteStale = true};
  std::vector<PlatformResult> results = {result(kAmd, {layer({{"bin/a", "amd"}})})};
  must(exportLocal(job(spec, results)));
  EXPECT_EQ(text("outside/kept"), "kept");
  EXPECT_EQ(text("out/bin/a"), "amd");
  for (const char* gone : {"out/stale", "out/bin/stale", "out/link"}) EXPECT_FALSE(pathExists(path(gone))) << gone;
}

TEST_F(ExporterTest, OUT_15_LocalFilesStayInsideAndAreOurs) {
  writeFile(path("outside/kept"), "kept");
  testing::must(makeDirectories(path("out")));
  ASSERT_EQ(::symlink("../outside", path("out/bin").c_str()), 0);
  OutputSpec spec{.type = OutputType::Local, .destination = path("out")};
  std::vector<PlatformResult> results = {result(kAmd, {layer({{"bin/a", "amd"}}), layer({{"bin/b", "two"}})})};
  must(exportLocal(job(spec, results)));
  EXPECT_FALSE(pathExists(path("outside/a")));
  struct stat status;
  ASSERT_EQ(::stat(path("out/bin/a").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, ::getuid());
}

TEST_F(ExporterTest, OUT_18_OUT_16_TarHasASubdirectoryForEachPlatform) {
  OutputSpec spec{.type = OutputType::Tar, .destination = path("out.tar")};
  auto results = two();
  must(exportTar(job(spec, results)));
  EXPECT_THAT(namesInTar("out.tar"), ::testing::ElementsAre("linux_amd64", "linux_amd64/bin", "linux_amd64/bin/a",
                                                            "linux_arm_v7", "linux_arm_v7/bin", "linux_arm_v7/bin/b"));
}

TEST_F(ExporterTest, SDE_6_FilesGetTheEpochsTime) {
  OutputSpec spec{.type = OutputType::Local, .destination = path("out")};
  std::vector<PlatformResult> results = {result(kAmd, {layer({{"bin/a", "amd"}})})};
  ExportJob dated = job(spec, results);
  dated.epoch = 1'500'000'000;
  must(exportLocal(dated));
  for (const char* name : {"out", "out/bin", "out/bin/a"}) {
    struct stat status;
    ASSERT_EQ(::stat(path(name).c_str(), &status), 0);
    EXPECT_EQ(status.st_mtime, 1'500'000'000) << name;
  }
}

TEST_F(ExporterTest, AFailedExportLeavesTheFileThatWasThere) {
  writeFile(path("out.tar"), "before");
  OutputSpec spec{.type = OutputType::Tar, .destination = path("out.tar")};
  std::vector<PlatformResult> results;
  auto failing = writeDestination(job(spec, results), [](ByteSink& sink) -> llvm::Error {
    if (auto error = sink.write("half")) return error;
    return fault(FaultKind::Io, "no more");
  });
  EXPECT_FAULT(std::move(failing), FaultKind::Io);
  EXPECT_EQ(text("out.tar"), "before");
}

}  // namespace
}  // namespace strata::builder
