#include "registry/push.h"

#include "registry/pull.h"
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

/// A repository of the registry says that its blob is a layer which it is not.
TEST(Push, WhatAnotherManifestSaysOfALayerIsNotSentForIt) {
  RegistryServer server;
  Machine other;
  auto evil = other.layer("a", "evil");
  auto evilBlob =
      must(
          layerfs::parseManifest(
              must(other.repository(at(server, "hostile/app:1"))
                       .manifest(other.push(other.image({evil}, "amd64").id, at(server, "hostile/app:1")).digest.str()))
                  .text))
          .layers.front();

  for (bool toldFirst : {true, false}) {
    Machine machine;
    std::string place = server.domain() + "/hostile/app", good = tarOf("a", "good");
    layerfs::DiffId diffId{digestOf(good)};
    auto tell = [&] { must(machine.store->layers().addRemote(diffId, layerfs::LayerBlob{evilBlob, place}, evilBlob)); };
    if (toldFirst) tell();
    auto layer = machine.layer("a", "good");
    if (!toldFirst) tell();
    ASSERT_EQ(must(layer->tarIdentity()).diffId, diffId);
    Reference reference = at(server, toldFirst ? "team/first:1" : "team/second:1");
    machine.push(machine.image({layer}, "amd64").id, reference);
    auto manifest = must(layerfs::parseManifest(must(machine.repository(reference).manifest("1")).text));
    EXPECT_NE(manifest.layers.front().digest, evilBlob.digest);
    // What this store sent itself may be mounted from there.
    for (const layerfs::LayerBlob& blob : must(machine.store->layers().blobs().find(diffId)))
      EXPECT_EQ(blob.verified, blob.descriptor.digest != evilBlob.digest);
  }
}

/// Two images name different blobs for one layer that nobody has read: each goes as its own manifest says.
TEST(Push, ALayerThatIsElsewhereGoesAsItsOwnManifestSays) {
  RegistryServer server, target;
  Digest manifests[2];
  for (int i : {0, 1}) {
    Machine author;
    PushChoice choice{
        .compression = {.kind = i ? layerfs::Compression::Zstd : layerfs::Compression::Gzip, .level = {}}};
    Digest id = author.image({author.layer("a", "hello")}, i ? "arm64" : "amd64").id;
    manifests[i] = author.push(id, at(server, "team/app:" + std::to_string(i)), choice).digest;
  }
  Machine machine;
  for (int i : {0, 1}) {
    Reference reference = at(server, "team/app:" + std::to_string(i));
    auto remote = must(resolveRemote(machine.repository(reference), reference,
                                     {.os = "linux", .architecture = i ? "arm64" : "amd64", .variant = {}}));
    auto image = must(addRemote(remote, *machine.store));
    EXPECT_EQ(machine.push(image.id, at(target, "team/copy:" + std::to_string(i))).digest, manifests[i]);
    EXPECT_EQ(image.layers.front()->form(), layerfs::LayerForm::Remote);
  }
}

TEST(Push, APlaceThatIsDownIsPassedOver) {
  RegistryServer server;
  Machine author, machine;
  auto made = author.layer("a", "hello");
  author.push(author.image({made}, "amd64").id, at(server, "team/app:1"));
  layerfs::DiffId diffId = must(made->tarIdentity()).diffId;
  auto blob = must(author.store->layers().blobs().find(diffId)).front().descriptor;
  layerfs::LayerBlob down{blob, "127.0.0.1:1/team/app"}, there{blob, server.domain() + "/team/app"};
  auto layer = must(machine.store->layers().addRemote(diffId, {there, down}, blob));
  RegistryServer target;
  machine.push(machine.image({layer}, "amd64").id, at(target, "copy:1"));
  EXPECT_EQ(layer->form(), layerfs::LayerForm::Remote) << "it passed through";
}

struct Told : SilentProgress {
  void onStep(const StepNews& news) override {
    if (!news.text.empty()) texts.push_back(news.text);
  }
  std::vector<std::string> texts;
};

TEST(Push, WhatIsThereIsPushedWithoutWriting) {
  RegistryServer server;
  Machine machine;
  auto shared = machine.layer("a", "hello");
  std::vector<layerfs::Image> images{machine.image({shared, shared}, "amd64"),
                                     machine.image({shared, machine.layer("b", "world")}, "arm64")};
  Digest index = must(machine.store->images().indexes().create(images, {})).id;
  layerfs::Descriptor image = machine.push(images[0].id, at(server, "app:one"));
  layerfs::Descriptor all = machine.push(index, at(server, "app:all"));

  server.refuseWrites();
  Told told;
  Repository& repository = *must(machine.client.repository(at(server, "app"), Client::Use::Push));
  LayerPush push(repository, machine.client, machine.store->layers(), {}, told);
  auto pushAs = [&](const Digest& id, const std::string& tag) {
    return pushImage(push, repository, *machine.store, id, {tag}, layerfs::MediaFamily::Oci);
  };
  EXPECT_EQ(must(pushAs(images[0].id, "one")).digest, image.digest);
  EXPECT_EQ(told.texts, std::vector<std::string>{"Layer already exists"});
  EXPECT_EQ(must(pushAs(index, "all")).digest, all.digest);
  EXPECT_EQ(told.texts, std::vector<std::string>(4, "Layer already exists"));
  // Another tag, another manifest over the same layers and another form of them are to be written.
  EXPECT_FAULT(pushAs(images[0].id, "two"), FaultKind::Invalid);
  EXPECT_FAULT(pushAs(machine.image({shared}, "amd64").id, "one"), FaultKind::Invalid);
  PushChoice zstd{.compression = {.kind = layerfs::Compression::Zstd, .level = 3}};
  LayerPush other(repository, machine.client, machine.store->layers(), zstd, told);
  EXPECT_FAULT(pushImage(other, repository, *machine.store, images[0].id, {"one"}, {}), FaultKind::Invalid);
}

/// A machine that built the same knows no blob of it, but finds out what it would send.
TEST(Push, ASmallLayerThatAnotherMachinePushedIsNotSent) {
  RegistryServer server;
  Reference reference = at(server, "team/app:1");
  std::set<Digest> pushed;
  for (const char* expected : {"Pushed", "Layer already exists"}) {
    Machine machine;
    Told told;
    Repository& repository = *must(machine.client.repository(reference, Client::Use::Push));
    LayerPush push(repository, machine.client, machine.store->layers(), {}, told);
    Digest id = machine.image({machine.layer("a", "hello")}, "amd64").id;
    pushed.insert(must(pushImage(push, repository, *machine.store, id, {"1"}, {})).digest);
    EXPECT_EQ(told.texts, std::vector<std::string>{expected});
  }
  EXPECT_EQ(pushed.size(), 1u);
}

TEST(Push, WhatNoPlaceGivesNowMayBePushedLater) {
  RegistryServer target;
  Machine machine;
  layerfs::Descriptor blob{.mediaType = media::kOciLayerGzip.str(), .digest = digestOf("x"), .size = 1};
  auto layer = must(machine.store->layers().addRemote({digestOf("y")}, layerfs::LayerBlob{blob, "127.0.0.1:1/app"},
                                                      std::nullopt, 1024));
  Digest id = machine.image({layer}, "amd64").id;
  Repository& repository = *must(machine.client.repository(at(target, "app:1"), Client::Use::Push));
  LayerPush push(repository, machine.client, machine.store->layers(), {}, machine.silent);
  EXPECT_FAULT(pushImage(push, repository, *machine.store, id, {"1"}, {}), FaultKind::Unavailable);
  EXPECT_TRUE(machine.store->layers().contains(layer->id()));
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
