#include "builder/remote/pack.h"

#include "builder/remote/cache_index.h"
#include "builder/remote/compact.h"
#include "builder/remote/inline_cache.h"
#include "support/text.h"
#include "tests/support/testing.h"

namespace strata::builder {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::must;

PackedRecord recordOf(llvm::StringRef name, int64_t created = 1000) {
  PackedRecord packed;
  packed.record = {.key = digestOf(name), .created = created, .duration = 7};
  packed.aliases = {digestOf((name + " alias").str())};
  packed.diffId = {digestOf((name + " tar").str())};
  packed.tarSize = 4096;
  packed.blob = describe(name, "application/vnd.oci.image.layer.v1.tar+gzip");
  return packed;
}

PackedBuild buildOf(std::string id, int64_t started, std::string target = "") {
  PackedBuild packed;
  packed.build = {.id = std::move(id), .context = "/there", .dockerfile = "Dockerfile", .target = std::move(target)};
  packed.build.started = started;
  BuildStep& step = packed.build.steps.emplace_back();
  step.stage = "stage-0";
  step.name = "[1/1] RUN make";
  step.layer = 12;
  return packed;
}

std::vector<Digest> keysOf(const CachePack& pack) {
  std::vector<Digest> keys;
  for (const PackedRecord& record : pack.records) keys.push_back(record.record.key);
  return keys;
}

TEST(Pack, WhatIsWrittenIsRead) {
  CachePack pack;
  pack.records.push_back(recordOf("a"));
  pack.records.back().record.tree = digestOf("tree");
  pack.records.back().record.facts = digestOf("facts");
  pack.records.back().record.output = digestOf("output");
  pack.builds.push_back(buildOf("0123456789ab", 5));
  pack.builds.back().trees.push_back(describe("trees", cachemedia::kTrees));
  pack.mounts.push_back({.slot = digestOf("slot").hex(),
                         .id = "npm",
                         .taken = 9,
                         .index = describe("i", "x"),
                         .blobs = {describe("b", "y")}});
  CachePack read = must(decodePack(must(encodePack(pack))));
  ASSERT_EQ(read.records.size(), 1u);
  const PackedRecord& record = read.records.front();
  EXPECT_EQ(record.record.key, digestOf("a"));
  EXPECT_EQ(record.record.tree, digestOf("tree"));
  EXPECT_EQ(record.record.facts, digestOf("facts"));
  EXPECT_EQ(record.record.output, digestOf("output"));
  EXPECT_EQ(record.record.duration, 7);
  EXPECT_THAT(record.aliases, ElementsAre(digestOf("a alias")));
  EXPECT_EQ(record.diffId.digest, digestOf("a tar"));
  EXPECT_EQ(record.blob.digest, digestOf("a"));
  ASSERT_EQ(read.builds.size(), 1u);
  EXPECT_EQ(read.builds[0].build.id, "0123456789ab");
  EXPECT_EQ(read.builds[0].build.steps[0].name, "[1/1] RUN make");
  EXPECT_EQ(read.builds[0].build.steps[0].layer, 0) << "another store's number";
  EXPECT_EQ(read.builds[0].trees[0].digest, digestOf("trees"));
  ASSERT_EQ(read.mounts.size(), 1u);
  EXPECT_EQ(read.mounts[0].id, "npm");
  EXPECT_EQ(must(encodePack(read)), must(encodePack(must(decodePack(must(encodePack(read)))))));
}

TEST(Pack, WhatSomebodyElseWroteIsNoMoreThanLeftOut) {
  EXPECT_FAULT(parsePack("[]"), FaultKind::Invalid);
  EXPECT_FAULT(parsePack("{\"schema\":2}"), FaultKind::Unsupported);
  EXPECT_FAULT(decodePack("no json"), FaultKind::Invalid);
  std::string hex = digestOf("k").hex();
  std::string good = R"({"key":")" + hex + R"(","diffId":")" + hex + R"(","tarSize":1})";
  auto records = [&](std::string list) { return must(parsePack(R"({"schema":1,"records":[)" + list + "]}")).records; };
  EXPECT_EQ(records(good).size(), 1u);
  EXPECT_THAT(records("1, null, {}, []"), IsEmpty());
  EXPECT_THAT(records(R"({"key":"xyz","diffId":")" + hex + R"("})"), IsEmpty());
  EXPECT_THAT(records(R"({"key":")" + hex + R"(","diffId":")" + hex + R"(","tarSize":9223372036854775807})"),
              IsEmpty());
  auto sized = [&](std::string rest) { return R"({"key":")" + hex + R"(","diffId":")" + hex + R"(",)" + rest + "}"; };
  EXPECT_THAT(records(sized(R"("tarSize":0)")), IsEmpty()) << "nobody knows how large its layer is";
  EXPECT_THAT(records(sized(R"("created":5)")), IsEmpty());
  EXPECT_EQ(records(sized(R"("tarSize":1,"created":-5)"))[0].record.created, 0);
  EXPECT_THAT(must(parsePack(R"({"schema":1,"builds":[{"id":"../../etc","head":{},"steps":[]}]})")).builds, IsEmpty());
  EXPECT_THAT(must(parsePack(R"({"schema":1,"mounts":[{"slot":"../x","id":"a"}]})")).mounts, IsEmpty());
}

TEST(Pack, ABombOfZerosIsRefused) {
  std::string bomb = must(compressed(std::string(65 << 20, ' ')));
  EXPECT_LT(bomb.size(), 100'000u);
  EXPECT_FAULT(decodePack(bomb), FaultKind::Invalid);
}

CacheIndex indexOf(std::vector<std::string> packs, std::vector<std::string> blobs) {
  CacheIndex index;
  for (const std::string& pack : packs) index.packs.push_back(describePack(pack));
  for (const std::string& blob : blobs) index.others.push_back(describe(blob, "x"));
  CacheIndex sorted;
  sorted.merge(index);
  return sorted;
}

TEST(CacheIndex, COUT_4_IsAnImageManifestWithTheBlobsAsLayers) {
  CacheIndex index = indexOf({"p1", "p2"}, {"b1", "b2"});
  auto manifest = must(layerfs::parseManifest(index.print()));
  EXPECT_EQ(manifest.mediaType, layerfs::media::kOciManifest);
  EXPECT_EQ(manifest.layers.size(), 4u);
  CacheIndex read = must(CacheIndex::parse(index.print()));
  EXPECT_EQ(read.print(), index.print());
  EXPECT_TRUE(read.lists(digestOf("b1")));
  EXPECT_FALSE(read.lists(digestOf("b3")));
  EXPECT_TRUE(read.hasPack(digestOf("p2")));
}

TEST(CacheIndex, ASmallPackComesAlong) {
  CacheIndex index = must(CacheIndex::parse(indexOf({"some bytes"}, {}).print()));
  EXPECT_EQ(embeddedIn(index.packs.front()), "some bytes");
  index.packs.front().digest = digestOf("other bytes");
  EXPECT_EQ(embeddedIn(index.packs.front()), "") << "not the bytes that the digest names";
  EXPECT_EQ(embeddedIn(describePack(std::string(100'000, 'x'))), "");
}

TEST(CacheIndex, ManySmallPacksDoNotMakeALargeManifest) {
  std::vector<std::string> packs;
  for (int i = 0; i < 40; ++i) {
    packs.emplace_back();
    packs.back().resize(50'000, char('a' + i));
  }
  EXPECT_LT(indexOf(packs, {}).print().size(), 400'000u);
}

TEST(CacheIndex, MergingIsTheUnionLessWhatWasReplaced) {
  CacheIndex a = indexOf({"p1", "p2"}, {"b1"}), b = indexOf({"p2", "p3"}, {"b1", "b2"});
  CacheIndex both = a;
  both.merge(b);
  EXPECT_EQ(both.packs.size(), 3u);
  EXPECT_EQ(both.others.size(), 2u);
  EXPECT_TRUE(both.covers(a));
  EXPECT_TRUE(both.covers(b));
  EXPECT_FALSE(a.covers(b));
  CacheIndex less = indexOf({"p4"}, {});
  less.replaced = {digestOf("p1"), digestOf("p2")};
  both.merge(less);
  EXPECT_EQ(both.packs.size(), 2u);
  EXPECT_TRUE(both.covers(a)) << "what replaced a's packs covers them";
  both.merge(a);
  EXPECT_EQ(both.packs.size(), 2u) << "replaced packs do not come back";
}

TEST(CacheIndex, WhatIsNoCacheIsNotFound) {
  layerfs::Manifest image;
  image.config = describe("{}", layerfs::media::kOciConfig);
  EXPECT_FAULT(CacheIndex::parse(layerfs::printManifest(image)), FaultKind::NotFound);
  EXPECT_FAULT(CacheIndex::parse("nonsense"), FaultKind::Invalid);
}

CacheState stateOf(std::vector<CachePack> packs) {
  CacheState state;
  CacheIndex index;
  for (const CachePack& pack : packs) {
    index.packs.push_back(describePack(must(encodePack(pack))));
    for (const auto& blob : blobsOf(pack)) index.others.push_back(blob);
  }
  state.index.merge(index);
  state.packs = std::move(packs);
  return state;
}

TEST(Compact, OnePackTakesOverAll) {
  CachePack first, second, own;
  first.records = {recordOf("a", 1), recordOf("b", 2)};
  first.builds = {buildOf("000000000001", 1)};
  second.records = {recordOf("b", 2), recordOf("c", 3)};
  own.records = {recordOf("d", 4)};
  CacheState state = stateOf({second, first});
  Compacted compacted = compact(own, state, {digestOf("a")}, 10);
  EXPECT_THAT(keysOf(compacted.pack), ElementsAre(digestOf("a"), digestOf("d"), digestOf("c"), digestOf("b")));
  EXPECT_EQ(compacted.replaced.size(), 2u);
  EXPECT_THAT(compacted.dead, IsEmpty());
  EXPECT_EQ(compacted.pack.builds.size(), 1u);
}

TEST(Compact, WhatNobodyUsesGoesWithItsBlobs) {
  constexpr int64_t kDay = int64_t(24) * 3600 * 1'000'000'000;
  CachePack old;
  old.records = {recordOf("old", 1), recordOf("used", 1)};
  for (int i = 0; i < 6; ++i) old.builds.push_back(buildOf("00000000000" + std::to_string(i), i));
  old.builds.push_back(buildOf("00000000000a", 0, "other"));
  Compacted compacted = compact({}, stateOf({old}), {digestOf("used")}, 100 * kDay);
  EXPECT_THAT(keysOf(compacted.pack), ElementsAre(digestOf("used")));
  EXPECT_THAT(compacted.dead, ElementsAre(digestOf("old")));
  std::vector<std::string> ids;
  for (const PackedBuild& build : compacted.pack.builds) ids.push_back(build.build.id);
  EXPECT_THAT(ids, ElementsAre("000000000005", "000000000004", "000000000003", "00000000000a"));
}

TEST(InlineCache, COUT_7_IsTheSameWheneverItIsMade) {
  CachePack pack;
  pack.records = {recordOf("b"), recordOf("a"), recordOf("not in the image")};
  pack.builds = {buildOf("0123456789ab", 1)};
  std::vector<layerfs::DiffId> layers = {pack.records[0].diffId, pack.records[1].diffId};
  std::string once = inlineCacheOf(pack, layers);
  std::swap(pack.records[0], pack.records[1]);
  pack.builds = {buildOf("ba9876543210", 2)};
  pack.builds[0].build.context = "/elsewhere";
  EXPECT_EQ(inlineCacheOf(pack, layers), once);
  EXPECT_EQ(must(parsePack(once)).records.size(), 2u);
}

}  // namespace

}  // namespace strata::builder
