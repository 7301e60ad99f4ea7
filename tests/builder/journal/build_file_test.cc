#include "builder/journal/build_file.h"

#include "layerfs/compression.h"
#include "layerfs/decompression.h"
#include "support/fault.h"
#include "support/text.h"
#include "tests/support/testing.h"

#include <random>

namespace strata::builder {
namespace {
using testing::must;
using ::testing::SizeIs;

/// A journal with two builds of which the second names a tree of a file and a directory.
class BuildFileTest : public ::testing::Test {
protected:
  struct Side {
    TempDir dir = testing::makeTempDir();
    std::unique_ptr<Database> database = must(Database::open(dir.path() + "/strata.db"));
    std::unique_ptr<Journal> journal = must(Journal::open(*database));
    std::unique_ptr<TreeStore> trees = must(TreeStore::open(*database));
    std::unique_ptr<ReadStore> reads = must(ReadStore::open(*database));
  };
  std::string pack(llvm::ArrayRef<Build> builds) {
    return must(packBuilds(builds, *here_.trees, *here_.reads, [](llvm::StringRef name) { return name.str(); }));
  }
  std::vector<Build> receive(const BuildFile& file, const std::string& origin) {
    return must(receiveBuilds(file, origin, *there_.journal, *there_.trees, *there_.reads));
  }

  Digest put(const TreeObject& object) {
    std::string encoded = object.encode();
    must(here_.trees->put(digestOf(encoded), encoded));
    return digestOf(encoded);
  }

  std::vector<Build> builds() {
    TreeObject inner, outer;
    inner.entries.push_back({.name = "main.c", .mode = 0644, .size = 3, .content = digestOf("one")});
    outer.entries.push_back(
        {.name = "src", .kind = layerfs::EntryKind::Directory, .mode = 0755, .content = put(inner)});
    tree_ = put(outer);
    Build first, second;
    for (Build* build : {&first, &second}) {
      build->id = Journal::makeId();
      build->context = "/home/ada/app";
      build->dockerfile = "Dockerfile";
      build->started = 1'700'000'000'000'000'000;
      build->duration = 5;
      build->image = digestOf(build->id);
      build->steps.push_back({.index = 0,
                              .stage = "stage-0",
                              .instruction = "copy",
                              .name = "[1/1] COPY . .",
                              .outcome = BuildStep::Outcome::Hit,
                              .layer = 17});
    }
    second.steps[0].components.push_back({.kind = KeyComponent::Kind::Files, .name = ".", .tree = tree_});
    return {first, second};
  }

  llvm::Expected<BuildFile> read(llvm::StringRef bytes) {
    StringSource source(bytes);
    return readBuildFile(source);
  }
  static std::string block(llvm::StringRef bytes) {
    uint64_t size = bytes.size();
    return std::string(reinterpret_cast<const char*>(&size), 8) + bytes.str();
  }
  static std::string withJson(llvm::StringRef json) { return "strata builds 1\n" + block(json); }

  Side here_, there_;
  Digest tree_;
};

TEST_F(BuildFileTest, BuildsAndTheirTreesArriveElsewhere) {
  std::vector<Build> sent = builds();
  BuildFile file = must(read(pack(sent)));
  EXPECT_THAT(file.builds, SizeIs(2));
  EXPECT_THAT(file.trees, SizeIs(2));
  std::vector<Build> received = receive(file, "file a.strata");
  ASSERT_THAT(received, SizeIs(2));
  Build last = must(there_.journal->load(sent[1].id));
  EXPECT_EQ(last.origin, "file a.strata");
  EXPECT_EQ(last.context, "/home/ada/app");
  EXPECT_EQ(last.image, sent[1].image);
  EXPECT_EQ(last.steps[0].layer, 0);  // the number of another store's layer
  EXPECT_EQ(last.hitCount, 1u);
  EXPECT_EQ(must(diffTrees(*there_.trees, Digest(), last.steps[0].components[0].tree)).size(), 1u);
  std::vector<Build> earlier = must(there_.journal->earlierBuilds(last, 5));
  ASSERT_THAT(earlier, SizeIs(1));
  EXPECT_EQ(earlier[0].id, sent[0].id);
  EXPECT_THAT(receive(file, "file b"), SizeIs(0));
}

TEST_F(BuildFileTest, BuildsFromElsewhereAreNoEarlierBuildsOfOnes) {
  BuildFile file = must(read(pack(builds())));
  receive(file, "file a");
  Build own;
  own.id = Journal::makeId();
  own.context = "/home/ada/app";
  own.dockerfile = "Dockerfile";
  must(there_.journal->write(own));
  EXPECT_THAT(must(there_.journal->earlierBuilds(own, 5)), SizeIs(0));
  EXPECT_EQ(must(there_.journal->load("last")).id, own.id);
}

/// A build with a RUN of this key.
Build buildWithRun(const Digest& key) {
  Build build{.id = Journal::makeId(), .context = "/app"};
  build.steps = {{.instruction = "run", .key = key}};
  return build;
}

StepReads someReads(int64_t traced) {
  StepReads reads{.build = "0123456789ab", .traced = traced};
  reads.sources = {{.instruction = "from", .files = 2, .readFiles = 1, .read = {{.path = "etc/os-release"}}}};
  return reads;
}

TEST_F(BuildFileTest, WhatRunStepsReadGoesWithThem) {
  Build build = buildWithRun(digestOf("traced"));
  must(here_.reads->put(digestOf("traced"), someReads(7)));
  must(here_.reads->put(digestOf("another build's"), someReads(8)));
  BuildFile file = must(read(pack({build})));
  ASSERT_THAT(file.reads, SizeIs(1));
  receive(file, "file a");
  EXPECT_EQ(must(there_.reads->find(digestOf("traced"))), someReads(7));
  EXPECT_EQ(must(there_.reads->find(digestOf("another build's"))), std::nullopt);
}

TEST_F(BuildFileTest, WhatIsKnownHereOfReadsStays) {
  Build build = buildWithRun(digestOf("traced"));
  must(here_.reads->put(digestOf("traced"), someReads(7)));
  must(there_.journal->write(buildWithRun(digestOf("traced"))));
  must(there_.reads->put(digestOf("traced"), someReads(9)));
  receive(must(read(pack({build}))), "file a");
  EXPECT_EQ(must(there_.reads->find(digestOf("traced")))->traced, 9);
}

TEST_F(BuildFileTest, ReadsThatNobodyCanHaveWrittenAreRefused) {
  const std::string json = R"({"builds":[{"id":"0123456789ab","steps":[{"index":0,"instruction":"run","key":")" +
                           digestOf("key").hex() + R"("}]}]})";
  auto file = [&](llvm::StringRef reads) { return "strata builds 2\n" + block(json) + block(reads); };
  const std::string magic = "strata reads\n", encoded = someReads(7).encode();
  EXPECT_THAT(must(read(file(magic + digestOf("key").raw().str() + encoded))).reads, SizeIs(1));
  EXPECT_FAULT(read(file(magic)), FaultKind::Invalid);
  EXPECT_FAULT(read(file(magic + digestOf("key").raw().str())), FaultKind::Invalid);
  EXPECT_FAULT(read(file(magic + digestOf("key").raw().str() + encoded + "x")), FaultKind::Invalid);
  EXPECT_FAULT(read(file(magic + digestOf("other").raw().str() + encoded)), FaultKind::Invalid);
  EXPECT_FAULT(read(file(magic + digestOf("key").raw().str() + someReads(-1).encode())), FaultKind::Invalid);
  // in a file that says to have none
  EXPECT_FAULT(read(withJson(json) + block(magic + digestOf("key").raw().str() + encoded)), FaultKind::Invalid);
}

TEST_F(BuildFileTest, AFileWithoutReadsIsOfTheFirstFormat) {
  Build build = buildWithRun(digestOf("key"));
  auto beginning = [&] {
    std::string packed = pack({build});
    StringSource source(packed);
    auto plain = must(layerfs::decompressed(source));
    return must(readAll(*plain, 1 << 20)).substr(0, 16);
  };
  EXPECT_EQ(beginning(), "strata builds 1\n");
  must(here_.reads->put(digestOf("key"), someReads(7)));
  EXPECT_EQ(beginning(), "strata builds 2\n");
}

TEST_F(BuildFileTest, TheSameBuildsGiveTheSameBytes) {
  std::vector<Build> sent = builds();
  EXPECT_EQ(pack(sent), pack(sent));
}

TEST_F(BuildFileTest, WhatIsNoSuchFileIsRefused) {
  for (llvm::StringRef bytes :
       {"", "hello", "strata builds 1\n", "strata builds 1\n\xff\xff\xff\xff\xff\xff\xff\x7f{}"})
    EXPECT_FAULT(read(bytes), FaultKind::Invalid);
  EXPECT_FAULT(read("strata builds 9\n"), FaultKind::Unsupported);
  for (llvm::StringRef json : {
           "[]",
           "{}",
           "{\"builds\":[]}",
           "{\"builds\":[7]}",
           "{\"builds\":[{\"id\":\"../../etc\"}]}",
           "{\"builds\":[{\"id\":\"0123456789ab\",\"duration\":-1}]}",
           "{\"builds\":[{\"id\":\"0123456789ab\",\"started\":9223372036854775807}]}",
           "{\"builds\":[{\"id\":\"0123456789ab\",\"steps\":[{\"index\":4}]}]}",
           "{\"builds\":[{\"id\":\"0123456789ab\",\"steps\":[{\"index\":0,\"duration\":9223372036854775807}]}]}",
       }) {
    SCOPED_TRACE(json.str());
    EXPECT_FAULT(read(withJson(json)), FaultKind::Invalid);
  }
  EXPECT_THAT(must(read(withJson("{\"builds\":[{\"id\":\"0123456789ab\"}]}"))).builds, SizeIs(1));
  EXPECT_FAULT(read(withJson("{\"builds\":[{\"id\":\"0123456789ab\"}]}") + std::string("\5\0\0\0\0\0\0\0wrong", 13)),
               FaultKind::Invalid);
}

TEST_F(BuildFileTest, DamageIsAFaultOrNoChange) {
  std::string sound = pack(builds());
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    std::string damaged = sound;
    if (round % 3 == 0)
      damaged.resize(random() % damaged.size());
    else
      damaged[random() % damaged.size()] ^= char(1 << (random() % 8));
    auto file = read(damaged);
    if (!file) llvm::consumeError(file.takeError());
  }
}

}  // namespace
}  // namespace strata::builder
