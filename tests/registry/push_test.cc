#include "registry/push.h"

#include "support/fault.h"
#include "tests/registry/store_fixture.h"

namespace strata::registry::testing {
namespace {
namespace media = layerfs::media;

TEST(Push, AnImageArrivesAsItsManifestSays) {
  RegistryServer server;
  Machine machine;
  auto layer = machine.layer("a", "hello");
  layerfs::ManifestNotes notes{.annotations = {{"k", "v"}}, .layers = {{{"l", "w"}}}};
  Digest id = machine.image({layer, machine.layer("b", "world")}, "amd64", notes).id;
  auto pushed = machine.push(id, at(server, "team/app:v1"));
  EXPECT_EQ(pushed.mediaType, media::kOciManifest);

  Repository& repository = machine.repository(at(server, "team/app:v1"));
  auto there = must(repository.manifest("v1"));
  EXPECT_EQ(there.descriptor.digest, pushed.digest);
  auto manifest = must(layerfs::parseManifest(there.text));
  EXPECT_EQ(manifest.config.digest, id);
  EXPECT_EQ(manifest.annotations["k"], "v");
  ASSERT_EQ(manifest.layers.size(), 2u);
  EXPECT_EQ(manifest.layers[0].mediaType, media::kOciLayerGzip);
  EXPECT_EQ(manifest.layers[0].annotations["l"], "w");
  StringSink blob;
  must(repository.fetchBlob(manifest.layers[0], blob));
  EXPECT_EQ(llvm::StringRef(blob.text).take_front(2), "\x1f\x8b");
  auto known = must(machine.store->images().digests().of(id));
  ASSERT_EQ(known.size(), 1u);
  EXPECT_EQ(known[0].digest, pushed.digest);
}

TEST(Push, TheSameBytesHaveTheSameDigestFromAnyMachine) {
  RegistryServer server;
  Digest first, second;
  for (Digest* digest : {&first, &second}) {
    Machine machine;
    Digest id = machine.image({machine.layer("a", std::string(3 << 20, 'x'))}, "amd64").id;
    *digest = machine.push(id, at(server, "app:1")).digest;
  }
  EXPECT_EQ(first, second);
}

TEST(Push, FormsAndFamiliesAreThoseAskedFor) {
  RegistryServer server;
  Machine machine;
  Digest id = machine.image({machine.layer("a", "hello")}, "amd64").id;
  struct Case {
    PushChoice choice;
    llvm::StringRef manifest, layer;
  } cases[] = {
      {{.compression = {.kind = layerfs::Compression::Zstd, .level = 7}}, media::kOciManifest, media::kOciLayerZstd},
      {{.compression = {.kind = layerfs::Compression::None, .level = {}}}, media::kOciManifest, media::kOciLayer},
      {{.family = layerfs::MediaFamily::Docker}, media::kDockerManifest, media::kDockerLayerGzip}};
  int tag = 0;
  for (const Case& one : cases) {
    Reference reference = at(server, "app:" + std::to_string(++tag));
    EXPECT_EQ(machine.push(id, reference, one.choice).mediaType, one.manifest);
    auto manifest = must(layerfs::parseManifest(must(machine.repository(reference).manifest(reference.tag)).text));
    EXPECT_EQ(manifest.layers[0].mediaType, one.layer);
  }
}

TEST(Push, AnIndexGoesWithItsImages) {
  RegistryServer server;
  Machine machine;
  auto shared = machine.layer("a", "shared");
  layerfs::Image one = machine.image({shared}, "amd64"),
                 two = machine.image({shared, machine.layer("b", "b")}, "arm64");
  auto index = must(machine.store->images().indexes().create({one, two}));
  Reference reference = at(server, "team/multi:1");
  auto pushed = machine.push(index.id, reference);
  EXPECT_EQ(pushed.mediaType, media::kOciIndex);
  Repository& repository = machine.repository(reference);
  auto document = must(layerfs::parseIndex(must(repository.manifest("1")).text));
  ASSERT_EQ(document.manifests.size(), 2u);
  EXPECT_EQ(document.manifests[1].platform->architecture, "arm64");
  for (const layerfs::Descriptor& member : document.manifests)
    EXPECT_EQ(must(repository.manifest(member.digest.str())).text.size(), member.size);
}

TEST(Push, WhatAnotherRepositoryOfTheRegistryHasIsMounted) {
  RegistryServer server;
  Machine machine;
  Digest id = machine.image({machine.layer("a", "hello")}, "amd64").id;
  auto first = machine.push(id, at(server, "one/app:1"));
  auto second = machine.push(id, at(server, "two/app:1"));
  EXPECT_EQ(first.digest, second.digest);
  EXPECT_EQ(must(machine.repository(at(server, "two/app:1")).manifest("1")).descriptor.digest, first.digest);
}

TEST(Push, ALayerThatCannotBeReadLeavesNoTag) {
  RegistryServer server;
  Machine machine;
  auto layer = machine.layer("a", "hello");
  Digest id = machine.image({layer}, "amd64").id;
  std::string tar = machine.directory.path() + "/root/layers/" + std::to_string(layer->id().value) + "/tar";
  std::string bytes = must(readFile(tar));
  bytes[700] ^= 1;
  strata::testing::writeFile(tar, bytes);
  Reference reference = at(server, "app:1");
  Repository& repository = *must(machine.client.repository(reference, Client::Use::Push));
  LayerPush push(repository, machine.client, machine.store->layers(), {}, machine.silent);
  EXPECT_FAULT(pushImage(push, repository, *machine.store, id, {"1"}, {}), FaultKind::Corrupt);
  EXPECT_FAULT(repository.manifest("1"), FaultKind::NotFound);
}

}  // namespace
}  // namespace strata::registry::testing
