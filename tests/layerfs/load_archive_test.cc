#include "archives.h"

namespace strata::layerfs::testing {
namespace {

/// Archives by hand are of one image with one layer, "f".
class LoadArchiveTest : public ArchiveTest {
protected:
  static std::string configOf(llvm::StringRef layer) {
    return R"({"architecture":")" + hostPlatform().architecture +
           R"(","os":"linux","rootfs":{"type":"layers","diff_ids":[")" + digestOf(layer).str() + R"("]}})";
  }
  static std::string descriptorOf(llvm::StringRef type, llvm::StringRef bytes, llvm::StringRef more = "") {
    return (R"({"mediaType":")" + type + R"(","digest":")" + digestOf(bytes).str() + R"(","size":)" +
            llvm::Twine(bytes.size()) + more + "}")
        .str();
  }
  static std::string manifestOf(llvm::StringRef config, llvm::StringRef layer) {
    return R"({"schemaVersion":2,"config":)" + descriptorOf(media::kOciConfig, config) + R"(,"layers":[)" +
           descriptorOf(media::kOciLayerGzip, layer) + "]}";
  }
  static std::string indexOf(const std::string& descriptor) {
    return R"({"schemaVersion":2,"manifests":[)" + descriptor + "]}";
  }
  static FullEntry blob(const std::string& bytes) { return file(blobPath(digestOf(bytes)), bytes); }

  std::string compressed(const std::string& bytes, const std::string& program) {
    must(writeFileAtomically(scratch_.path() + "/in", bytes));
    shell(program + " -c < " + scratch_.path() + "/in > " + scratch_.path() + "/out");
    return must(readFile(scratch_.path() + "/out"));
  }
  void expectNothingLeft() {
    EXPECT_TRUE(must(there_.images->list()).empty());
    EXPECT_EQ(shell("ls -A " + there_.staging()), "");
  }

  const std::string layer_ = layerTar("f");
  const std::string config_ = configOf(layer_);
};

TEST_F(LoadArchiveTest, WhatWasSavedIsLoadedAsItWas) {
  Image one = make("one", {"shared", "own"}), other = make("other", {"shared"});
  auto loaded = must(there_.load(save({{one, {"docker.io/library/app:1", "x.io/y:2"}}, {other, {}}})));
  ASSERT_EQ(loaded.size(), 2u);
  EXPECT_EQ(loaded[0].id, one.id);
  EXPECT_THAT(loaded[0].names, ::testing::ElementsAre("app:1", "x.io/y:2"));
  EXPECT_TRUE(loaded[1].names.empty());
  Image back = must(there_.images->load(one.id));
  EXPECT_EQ(back.manifest, one.manifest);
  ASSERT_EQ(back.layers.size(), 2u);
  StringSink tar;
  must(back.layers[1]->writeTar(tar));
  EXPECT_EQ(tar.text, layerTar("own"));
  EXPECT_EQ(shell("ls -A " + there_.staging()), "");
}

TEST_F(LoadArchiveTest, AnyCompressionOfTheWholeIsTakenOff) {
  Image image = make("me", {"f"});
  std::string archive = save({{image, {}}});
  for (const char* program : {"gzip", "zstd", "xz", "bzip2"}) {
    if (!findProgram(program)) continue;
    EXPECT_EQ(must(there_.load(compressed(archive, program))).at(0).id, image.id) << program;
  }
}

TEST_F(LoadArchiveTest, AnOldDockerArchiveMayLinkALayerToAnother) {
  std::string twice = R"({"os":"linux","rootfs":{"diff_ids":[")" + digestOf(layer_).str() + R"(",")" +
                      digestOf(layer_).str() + R"("]}})";
  auto loaded = must(there_.load(
      tarOf({directory("aaa"), file("aaa/VERSION", "1.0"), file("aaa/layer.tar", layer_), directory("bbb"),
             link("bbb/layer.tar", "../aaa/layer.tar"), file("config.json", twice),
             file("manifest.json",
                  R"([{"Config":"config.json","RepoTags":null,"Layers":["aaa/layer.tar","bbb/layer.tar"]}])")})));
  ASSERT_EQ(loaded.size(), 1u);
  EXPECT_EQ(loaded[0].id, digestOf(twice));
  EXPECT_EQ(must(there_.images->load(loaded[0].id)).layers.size(), 2u);
}

TEST_F(LoadArchiveTest, ALinkThatLeadsOutOrInACircleIsNoLayer) {
  for (const char* target : {"../../../../etc/passwd", "layer.tar", "/etc/passwd"}) {
    EXPECT_FAULT(there_.load(tarOf({file("config.json", config_), link("layer.tar", target),
                                    file("manifest.json", R"([{"Config":"config.json","Layers":["layer.tar"]}])")})),
                 FaultKind::NotFound);
  }
  expectNothingLeft();
}

TEST_F(LoadArchiveTest, AnOciLayoutIsReadFromATarAndFromADirectory) {
  std::string layer = compressed(layer_, "gzip"), manifest = manifestOf(config_, layer);
  std::string index = indexOf(
      descriptorOf(media::kOciManifest, manifest, R"(,"annotations":{"io.containerd.image.name":"x.io/app:1"})"));
  std::string tar = tarOf({blob(config_), blob(layer), blob(manifest), file("index.json", index),
                           file("oci-layout", R"({"imageLayoutVersion":"1.0.0"})")});
  auto loaded = must(there_.load(tar));
  ASSERT_EQ(loaded.size(), 1u);
  EXPECT_EQ(loaded[0].id, digestOf(config_));
  EXPECT_THAT(loaded[0].names, ::testing::ElementsAre("x.io/app:1"));

  StringSource source(tar);
  must(unpackLayerTar(source, scratch_.path()));
  EXPECT_EQ(must(loadLayout(scratch_.path(), *here_.images, *here_.layers)).at(0).id, digestOf(config_));
}

TEST_F(LoadArchiveTest, ATagAloneNamesNothing) {
  std::string manifest = manifestOf(config_, layer_);
  auto load = [&](llvm::StringRef name) {
    std::string annotation = (R"(,"annotations":{"org.opencontainers.image.ref.name":")" + name + R"("})").str();
    return must(there_.load(
                    tarOf({blob(config_), blob(layer_), blob(manifest),
                           file("index.json", indexOf(descriptorOf(media::kOciManifest, manifest, annotation)))})))
        .at(0)
        .names;
  };
  EXPECT_TRUE(load("latest").empty());
  EXPECT_THAT(load("app:latest"), ::testing::ElementsAre("app:latest"));
}

TEST_F(LoadArchiveTest, OfANestedIndexTheHostsImageIsTaken) {
  std::string manifest = manifestOf(config_, layer_);
  auto platform = [](const std::string& os, const std::string& architecture) {
    return R"(,"platform":{"os":")" + os + R"(","architecture":")" + architecture + R"("})";
  };
  std::string foreign = descriptorOf(media::kOciManifest, "not here", platform("linux", "s390x"));
  std::string attestation = descriptorOf(media::kOciManifest, "nor here", platform("unknown", "unknown"));
  std::string ours = descriptorOf(media::kOciManifest, manifest, platform("linux", hostPlatform().architecture));
  auto archiveOf = [&](const std::string& inner) {
    return tarOf({blob(config_), blob(layer_), blob(manifest), blob(inner),
                  file("index.json", indexOf(descriptorOf(media::kOciIndex, inner)))});
  };
  auto loaded = must(there_.load(archiveOf(indexOf(foreign + "," + ours + "," + attestation))));
  EXPECT_EQ(loaded.at(0).id, digestOf(config_));
  EXPECT_FAULT_SAYING(here_.load(archiveOf(indexOf(foreign))), FaultKind::NotFound, "linux/s390x");
}

TEST_F(LoadArchiveTest, AnAttestationBesideAnImageIsNone) {
  std::string manifest = manifestOf(config_, layer_);
  std::string attestation =
      descriptorOf(media::kOciManifest, "not here", R"(,"platform":{"os":"unknown","architecture":"unknown"})");
  std::string index = indexOf(descriptorOf(media::kOciManifest, manifest) + "," + attestation);
  auto loaded = must(there_.load(tarOf({blob(config_), blob(layer_), blob(manifest), file("index.json", index)})));
  ASSERT_EQ(loaded.size(), 1u);
  EXPECT_EQ(loaded[0].id, digestOf(config_));
}

TEST_F(LoadArchiveTest, OfANameThatComesTwiceTheLastCounts) {
  std::string entries = R"([{"Config":"config","Layers":["layer"]}])";
  auto loaded = must(there_.load(tarOf({file("config", "{}"), file("config", config_), file("layer", layerTar("old")),
                                        file("layer", layer_), file("manifest.json", entries)})));
  EXPECT_EQ(loaded.at(0).id, digestOf(config_));
}

TEST_F(LoadArchiveTest, OfSeveralImagesAllComeOrNone) {
  std::string bad = configOf(layerTar("g"));
  std::string entries = R"([{"Config":"good","Layers":["layer"]},{"Config":"bad","Layers":["layer"]}])";
  EXPECT_FAULT(there_.load(tarOf(
                   {file("good", config_), file("bad", bad), file("layer", layer_), file("manifest.json", entries)})),
               FaultKind::Corrupt);
  expectNothingLeft();
  entries = indexOf(descriptorOf(media::kOciManifest, manifestOf(config_, layer_)) + "," +
                    descriptorOf(media::kOciManifest, manifestOf(bad, layer_)));
  EXPECT_FAULT(there_.load(tarOf({blob(config_), blob(bad), blob(layer_), blob(manifestOf(config_, layer_)),
                                  blob(manifestOf(bad, layer_)), file("index.json", entries)})),
               FaultKind::Corrupt);
  expectNothingLeft();
}

TEST_F(LoadArchiveTest, EveryDigestIsChecked) {
  std::string manifest = manifestOf(config_, layer_), other = layerTar("g");
  std::string index = indexOf(descriptorOf(media::kOciManifest, manifest));
  auto at = [](const std::string& place, const std::string& bytes) { return file(blobPath(digestOf(place)), bytes); };
  auto load = [&](std::vector<FullEntry> blobs) {
    blobs.push_back(file("index.json", index));
    return there_.load(tarOf(blobs));
  };
  EXPECT_FAULT(load({at(manifest, manifestOf(config_, other)), blob(config_), blob(layer_), blob(other)}),
               FaultKind::Corrupt);
  EXPECT_FAULT(load({blob(manifest), at(config_, configOf(other)), blob(layer_)}), FaultKind::Corrupt);
  EXPECT_FAULT_SAYING(load({blob(manifest), blob(config_), at(layer_, other)}), FaultKind::Corrupt,
                      digestOf(layer_).hex());
  expectNothingLeft();
}

TEST_F(LoadArchiveTest, ADockerArchivesDigestsAreChecked) {
  auto load = [&](const std::string& path, const std::string& config, const std::string& layer) {
    return there_.load(tarOf({file(path, config), file("layer.tar", layer),
                              file("manifest.json", R"([{"Config":")" + path + R"(","Layers":["layer.tar"]}])")}));
  };
  EXPECT_FAULT_SAYING(load("config.json", config_, layerTar("g")), FaultKind::Corrupt, "layer.tar");
  EXPECT_FAULT(load(blobPath(digestOf("other")), config_, layer_), FaultKind::Corrupt);
  expectNothingLeft();
  must(load(blobPath(digestOf(config_)), config_, layer_));
}

TEST_F(LoadArchiveTest, WhatIsNoArchiveIsInvalid) {
  EXPECT_FAULT(there_.load(""), FaultKind::Invalid);
  EXPECT_FAULT(there_.load("hello"), FaultKind::Invalid);
  EXPECT_FAULT(there_.load(tarOf({file("some/file", "x")})), FaultKind::Invalid);
  EXPECT_FAULT(there_.load(tarOf({file("manifest.json", "{}")})), FaultKind::Invalid);
  EXPECT_FAULT(there_.load(tarOf({file("manifest.json", "[7]")})), FaultKind::Invalid);
  EXPECT_FAULT(there_.load(tarOf(
                   {file("manifest.json", R"([{"Config":"config.json","Layers":[]}])"), file("config.json", config_)})),
               FaultKind::Invalid);
  std::string archive = save({{make("me", {"f"}), {}}});
  EXPECT_FAULT(there_.load(llvm::StringRef(archive).take_front(archive.size() / 2)), FaultKind::Invalid);
  EXPECT_FAULT(loadLayout(scratch_.path(), *there_.images, *there_.layers), FaultKind::Invalid);
  expectNothingLeft();
}

TEST_F(LoadArchiveTest, ALayoutDirectorysOtherFilesAreNotAsked) {
  // A manifest.json in it could name any file of this machine.
  std::string manifest = manifestOf(config_, layer_), secret = scratch_.path() + "/secret";
  must(writeFileAtomically(secret, config_));
  std::string layout = scratch_.path() + "/layout";
  for (const std::string& bytes : {config_, layer_, manifest})
    writeFile(layout + "/" + blobPath(digestOf(bytes)), bytes);
  writeFile(layout + "/index.json", indexOf(descriptorOf(media::kOciManifest, manifest)));
  writeFile(layout + "/manifest.json", R"([{"Config":"../secret","RepoTags":["stolen:1"],"Layers":["../layer"]}])");
  auto loaded = must(loadLayout(layout, *there_.images, *there_.layers));
  ASSERT_EQ(loaded.size(), 1u);
  EXPECT_TRUE(loaded[0].names.empty());
}

TEST_F(LoadArchiveTest, WhatSkopeoWritesIsRead) {
  if (!findProgram("skopeo")) GTEST_SKIP() << "skopeo is not installed";
  Image image = make("me", {"lower", "upper"});
  std::string saved = saveToFile({{image, {"docker.io/library/app:1"}}}), to = scratch_.path() + "/copy";
  auto copy = [&](const std::string& target) {
    shell("skopeo --insecure-policy copy -q docker-archive:" + saved + " " + target);
  };
  copy("docker-archive:" + to + ".docker:app:2");
  auto docker = must(there_.load(must(readFile(to + ".docker"))));
  EXPECT_EQ(docker.at(0).id, image.id);
  EXPECT_THAT(docker.at(0).names, ::testing::ElementsAre("docker.io/library/app:2"));

  copy("oci-archive:" + to + ".oci:x.io/app:3");  // layers compressed, the config rewritten
  auto archive = must(there_.load(must(readFile(to + ".oci"))));
  EXPECT_THAT(archive.at(0).names, ::testing::ElementsAre("x.io/app:3"));
  EXPECT_EQ(must(there_.images->load(archive.at(0).id)).config.diffIds, image.config.diffIds);

  copy("oci:" + to + ".layout:latest");
  auto layout = must(loadLayout(to + ".layout", *there_.images, *there_.layers));
  EXPECT_EQ(must(there_.images->load(layout.at(0).id)).config.user, "me");
}

TEST_F(LoadArchiveTest, WhatPodmanSavesIsRead) {
  if (!findProgram("podman")) GTEST_SKIP() << "podman is not installed";
  SKIP_UNLESS_ROOT();
  Image image = make("me", {"lower", "upper"});
  std::string saved = saveToFile({{image, {"docker.io/library/app:1"}}}), to = scratch_.path() + "/podman";
  std::string podman =
      "podman --root " + scratch_.path() + "/root --runroot " + scratch_.path() + "/run --storage-driver vfs ";
  shell(podman + "load -q -i " + saved + " >/dev/null");
  for (const char* format : {"docker-archive", "oci-archive"}) {
    std::string path = to + "." + format;
    shell(podman + "save -q --format " + format + " -o " + path + " app:1");
    auto loaded = must(there_.load(must(readFile(path))));
    ASSERT_EQ(loaded.size(), 1u);
    EXPECT_THAT(loaded[0].names, ::testing::ElementsAre(::testing::HasSubstr("app:1"))) << format;
    EXPECT_EQ(must(there_.images->load(loaded[0].id)).config.diffIds, image.config.diffIds) << format;
  }
  shell(podman + "rmi -af >/dev/null");
}

}  // namespace
}  // namespace strata::layerfs::testing
