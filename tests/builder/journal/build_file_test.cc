#include "builder/journal/build_file.h"

#include "layerfs/compression.h"
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
  };

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
  static std::string withJson(llvm::StringRef json) {
    std::string text = "strata builds 1\n";
    uint64_t size = json.size();
    text.append(reinterpret_cast<const char*>(&size), 8);
    return text + json.str();
  }

  Side here_, there_;
  Digest tree_;
};

TEST_F(BuildFileTest, BuildsAndTheirTreesArriveElsewhere) {
  std::vector<Build> sent = builds();
  BuildFile file = must(read(must(packBuilds(sent, *here_.trees))));
  EXPECT_THAT(file.builds, SizeIs(2));
  EXPECT_THAT(file.trees, SizeIs(2));
  std::vector<Build> received = must(receiveBuilds(file, "file a.strata", *there_.journal, *there_.trees));
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
  EXPECT_THAT(must(receiveBuilds(file, "file b", *there_.journal, *there_.trees)), SizeIs(0));
}

TEST_F(BuildFileTest, BuildsFromElsewhereAreNoEarlierBuildsOfOnes) {
  BuildFile file = must(read(must(packBuilds(builds(), *here_.trees))));
  must(receiveBuilds(file, "file a", *there_.journal, *there_.trees));
  Build own;
  own.id = Journal::makeId();
  own.context = "/home/ada/app";
  own.dockerfile = "Dockerfile";
  must(there_.journal->write(own));
  EXPECT_THAT(must(there_.journal->earlierBuilds(own, 5)), SizeIs(0));
  EXPECT_EQ(must(there_.journal->load("last")).id, own.id);
}

TEST_F(BuildFileTest, TheSameBuildsGiveTheSameBytes) {
  std::vector<Build> sent = builds();
  EXPECT_EQ(must(packBuilds(sent, *here_.trees)), must(packBuilds(sent, *here_.trees)));
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
  std::string sound = must(packBuilds(builds(), *here_.trees));
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
