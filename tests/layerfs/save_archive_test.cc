#include "archives.h"

namespace strata::layerfs::testing {
namespace {

using SaveArchiveTest = ArchiveTest;

TEST_F(SaveArchiveTest, AnArchiveIsADockerArchiveAndAnOciLayout) {
  Image image = make("me", {"lower", "upper"});
  auto archive = tarEntries(save({{image, {"docker.io/library/app:1", "docker.io/user/app:2", "localhost:5000/x:3"}}}));
  EXPECT_EQ(contentOf(archive, "oci-layout"), R"({"imageLayoutVersion":"1.0.0"})");

  std::string diffIds;
  for (const DiffId& diffId : image.config.diffIds)
    diffIds += (diffIds.empty() ? "\"" : ",\"") + blobPath(diffId.digest) + "\"";
  EXPECT_EQ(contentOf(archive, "manifest.json"),
            R"([{"Config":")" + blobPath(image.id) +
                R"(","RepoTags":["app:1","user/app:2","localhost:5000/x:3"],"Layers":[)" + diffIds + "]}]");

  Index index = must(parseIndex(contentOf(archive, "index.json")));
  ASSERT_EQ(index.manifests.size(), 3u);
  EXPECT_EQ(index.manifests[2].digest, image.manifest);
  EXPECT_EQ(index.manifests[2].annotations["io.containerd.image.name"], "localhost:5000/x:3");
  EXPECT_EQ(index.manifests[2].annotations["org.opencontainers.image.ref.name"], "3");

  int blobs = 0;
  for (const FullEntry& full : archive.entries) {
    llvm::StringRef path = full.entry.path;
    if (!path.consume_front("blobs/sha256/")) continue;
    EXPECT_EQ(path, digestOf(full.content).hex());
    ++blobs;
  }
  EXPECT_EQ(blobs, 4);
}

TEST_F(SaveArchiveTest, TheSameImagesGiveTheSameBytes) {
  Image image = make("me", {"f"});
  EXPECT_EQ(save({{image, {"a:1"}}}), save({{image, {"a:1"}}}));
}

/// The kernel copies it faster from there, and other programs read it as ever.
TEST_F(SaveArchiveTest, ALargeLayerBeginsAtAMultipleOf64KiB) {
  std::string large = mixedBytes(9 << 20), path = scratch_.path() + "/large.tar";
  auto layers = {here_.addTar(layerTar("small")), here_.addTar(tarOf({file("large", large)}))};
  ImageConfig config;
  config.platform = hostPlatform();
  Image image = must(here_.images->create(config, layers));
  std::string saved = save({{image, {"docker.io/library/large:1"}}});
  EXPECT_EQ((saved.find(large) - kTarBlock) % (64 << 10), 0u);  // its own header comes first
  EXPECT_LT(saved.size(), large.size() + (80 << 10));
  EXPECT_EQ(contentOf(tarEntries(saved), blobPath(image.config.diffIds[1].digest)), tarOf({file("large", large)}));
  must(writeFileAtomically(path, saved));
  auto listed = must(runProcess({.argv = {"tar", "-xOf", path, blobPath(image.config.diffIds[1].digest)}}));
  EXPECT_EQ(listed.exitCode, 0) << listed.errors;
  EXPECT_EQ(digestOf(listed.output), image.config.diffIds[1].digest);
}

TEST_F(SaveArchiveTest, ALayerThatImagesShareIsWrittenOnce) {
  Image one = make("one", {"shared"}), other = make("other", {"shared"});
  auto paths = tarEntries(save({{one, {"one:1"}}, {other, {"other:1"}}})).paths();
  std::string layer = blobPath(one.config.diffIds[0].digest);
  EXPECT_EQ(llvm::count(paths, layer), 1);
  EXPECT_EQ(std::set<std::string>(paths.begin(), paths.end()).size(), paths.size());
}

TEST_F(SaveArchiveTest, ASinkThatIsFullEndsIt) {
  class Full : public ByteSink {
    llvm::Error write(llvm::StringRef) override { return fault(FaultKind::Io, "full"); }
  } sink;
  Image image = make("me", {"f"});
  EXPECT_FAULT(saveArchive({{image, {}}}, *here_.content, sink), FaultKind::Io);
}

TEST_F(SaveArchiveTest, SkopeoReadsBothForms) {
  if (!findProgram("skopeo")) GTEST_SKIP() << "skopeo is not installed";
  Image image = make("me", {"lower", "upper"});
  std::string tar = saveToFile({{image, {"docker.io/library/app:1"}}});
  for (const char* transport : {"docker-archive:", "oci-archive:"}) {
    std::string copy = scratch_.path() + "/copy-" + std::string(transport, 3);
    shell("skopeo --insecure-policy copy -q " + (transport + tar) + " dir:" + copy);
    Manifest manifest = must(parseManifest(must(readFile(copy + "/manifest.json"))));
    EXPECT_EQ(manifest.config.digest, image.id) << transport;
    EXPECT_EQ(manifest.layers.size(), 2u) << transport;
  }
}

TEST_F(SaveArchiveTest, PodmanLoadsIt) {
  if (!findProgram("podman")) GTEST_SKIP() << "podman is not installed";
  SKIP_UNLESS_ROOT();
  Image image = make("me", {"lower", "upper"});
  std::string podman =
      "podman --root " + scratch_.path() + "/root --runroot " + scratch_.path() + "/run --storage-driver vfs ";
  std::string tar = saveToFile({{image, {"docker.io/library/app:1"}}});
  std::string seen = shell(podman + "load -q -i " + tar + " >/dev/null; " + podman +
                           "image inspect --format '{{.Id}} {{.User}} {{len .RootFS.Layers}}' app:1; " + podman +
                           "rmi -af >/dev/null");
  EXPECT_EQ(seen, image.id.hex() + " me 2\n");
}

}  // namespace
}  // namespace strata::layerfs::testing
