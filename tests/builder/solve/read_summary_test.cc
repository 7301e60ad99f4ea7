#include "builder/solve/read_summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strata::builder {
namespace {
using ::testing::ElementsAre;

struct Item {
  std::string path;
  uint64_t size = 1;
  LayerFiles::Kind kind = LayerFiles::Kind::File;
};

/// Directories above a file need not be named.
std::shared_ptr<const LayerFiles> layerOf(const std::vector<Item>& items) {
  auto files = std::make_shared<LayerFiles>();
  std::set<std::string> made;
  auto make = [&](llvm::StringRef directory) {
    if (made.insert(directory.str()).second) files->add(directory, LayerFiles::Kind::Directory);
  };
  make("");
  for (const Item& item : items) {
    for (size_t slash = item.path.find('/'); slash != std::string::npos; slash = item.path.find('/', slash + 1))
      make(llvm::StringRef(item.path).take_front(slash));
    if (item.kind == LayerFiles::Kind::Directory)
      make(item.path);
    else
      files->add(item.path, item.kind, item.kind == LayerFiles::Kind::File ? item.size : 0);
  }
  return files;
}

SourceLayers source(llvm::StringRef name, std::vector<std::shared_ptr<const LayerFiles>> layers) {
  return {{.name = name.str()}, std::move(layers)};
}

runtime::OpenedPaths opened(const std::vector<std::string>& paths) {
  runtime::OpenedPaths opened;
  for (const std::string& path : paths) opened.paths[path];
  return opened;
}

std::vector<std::string> readIn(const ReadSource& source) {
  std::vector<std::string> paths;
  for (const ReadFile& file : source.read) paths.push_back(file.path);
  return paths;
}
std::vector<std::string> unreadIn(const ReadSource& source) {
  std::vector<std::string> paths;
  for (const UnreadPath& path : source.unread)
    paths.push_back(path.path + (path.isDirectory ? "/ " : " ") + std::to_string(path.files) + " " +
                    std::to_string(path.bytes));
  return paths;
}

TEST(ReadSummary, CountsWhatWasOpenedOfEachStep) {
  auto base = source("FROM", {layerOf({{"bin/sh", 100}, {"lib/libc", 50}})});
  auto copy = source("COPY", {layerOf({{"app/a", 10}, {"app/b", 20}, {"app/c", 30}})});
  runtime::OpenedPaths seen = opened({"bin/sh", "app/b", "app/new"});
  seen.paths["bin/sh"].executed = true;
  seen.incomplete = true;
  StepReads reads = summarizeReads({base, copy}, seen);
  EXPECT_TRUE(reads.incomplete);
  ASSERT_EQ(reads.sources.size(), 2u);
  EXPECT_EQ(reads.sources[0].name, "FROM");
  EXPECT_EQ(reads.sources[0].read, (std::vector<ReadFile>{{"bin/sh", true}}));
  const ReadSource& counted = reads.sources[1];
  EXPECT_EQ(counted.read, (std::vector<ReadFile>{{"app/b", false}}));
  EXPECT_EQ(counted.files, 3u);
  EXPECT_EQ(counted.bytes, 60u);
  EXPECT_EQ(counted.readFiles, 1u);
  EXPECT_EQ(counted.readBytes, 20u);
  EXPECT_THAT(unreadIn(counted), ElementsAre("app/a 1 10", "app/c 1 30"));
}

TEST(ReadSummary, NamesTheLargestDirectoriesInWhichNothingWasRead) {
  auto copy = source("COPY", {layerOf({{"app/doc/a"},
                                       {"app/doc/b/c"},
                                       {"app/doc/b/d"},
                                       {"app/main"},
                                       {"app/src/x/1"},
                                       {"app/src/x/2"},
                                       {"app/src/y/3"},
                                       {"app-data/z"}})});
  StepReads reads = summarizeReads({copy}, opened({"app/src/x/2"}));
  EXPECT_THAT(unreadIn(reads.sources[0]),
              ElementsAre("app/doc/ 3 3", "app/main 1 1", "app/src/x/1 1 1", "app/src/y/ 1 1", "app-data/ 1 1"));
  EXPECT_THAT(unreadIn(summarizeReads({copy}, opened({})).sources[0]), ElementsAre("/ 8 8"));
}

TEST(ReadSummary, OnlyWhatTheRunCouldSeeCounts) {
  auto base = source("FROM", {layerOf({{"d/kept"},
                                       {"d/removed"},
                                       {"gone/a"},
                                       {"gone/b/c"},
                                       {"opaque/old"},
                                       {"replaced"},
                                       {"tree/a"},
                                       {"was/file"}})});
  auto run = source("RUN", {layerOf({{"d/removed", 0, LayerFiles::Kind::Removal},
                                     {"gone", 0, LayerFiles::Kind::Removal},
                                     {"opaque", 0, LayerFiles::Kind::Directory},
                                     {"opaque", 0, LayerFiles::Kind::Opaque},
                                     {"opaque/new"},
                                     {"replaced", 7},
                                     {"tree", 0, LayerFiles::Kind::Other},
                                     {"was/file/inside"}})});
  StepReads reads = summarizeReads(
      {base, run}, opened({"d/kept", "d/removed", "gone/a", "opaque/old", "replaced", "tree/a", "was/file"}));
  EXPECT_THAT(readIn(reads.sources[0]), ElementsAre("d/kept"));
  EXPECT_EQ(reads.sources[0].files, 1u);
  EXPECT_THAT(readIn(reads.sources[1]), ElementsAre("replaced"));
  EXPECT_EQ(reads.sources[1].files, 3u);
}

TEST(ReadSummary, ALowerOpaqueDirectoryStaysHiddenAsAWhole) {
  auto base = source("FROM", {layerOf({{"d/base"}})});
  auto one = source("RUN 1",
                    {layerOf({{"d", 0, LayerFiles::Kind::Directory}, {"d", 0, LayerFiles::Kind::Opaque}, {"d/one"}})});
  auto two = source("RUN 2",
                    {layerOf({{"d", 0, LayerFiles::Kind::Directory}, {"d", 0, LayerFiles::Kind::Opaque}, {"d/two"}})});
  StepReads reads = summarizeReads({base, one, two}, opened({"d/base", "d/one", "d/two"}));
  ASSERT_EQ(reads.sources.size(), 1u);
  EXPECT_THAT(readIn(reads.sources[0]), ElementsAre("d/two"));
}

TEST(ReadSummary, ManyLayersOfABaseAreOneTree) {
  auto base = source("FROM", {layerOf({{"etc/a"}, {"usr/doc/1"}}), layerOf({{"usr/doc/0"}, {"usr/lib/x"}})});
  StepReads reads = summarizeReads({base}, opened({"usr/lib/x"}));
  EXPECT_EQ(reads.sources[0].files, 4u);
  EXPECT_THAT(unreadIn(reads.sources[0]), ElementsAre("etc/ 1 1", "usr/doc/ 2 2"));
}

TEST(ReadSummary, DirectoriesThatWereListedStandApart) {
  auto base = source("FROM", {layerOf({{"b/x"}, {"a-b/x"}, {"a/b/x"}})});
  auto copy = source("COPY", {layerOf({{"a/b/y"}})});
  StepReads reads = summarizeReads({base, copy}, opened({"", "a/b", "a-b", "new"}));
  EXPECT_THAT(reads.listed, ElementsAre("", "a/b", "a-b"));
  EXPECT_EQ(reads.sources[0].readFiles + reads.sources[1].readFiles, 0u);
}

TEST(ReadSummary, UnreadPathsAreBounded) {
  std::vector<Item> items{{"d/read"}};
  for (int i = 0; i < 12'000; ++i) items.push_back({"d/x" + std::to_string(100'000 + i)});
  StepReads reads = summarizeReads({source("COPY", {layerOf(items)})}, opened({"d/read"}));
  EXPECT_EQ(reads.sources[0].files, 12'001u);
  EXPECT_EQ(reads.sources[0].unread.size(), ReadSource::kMostUnread);
  EXPECT_TRUE(reads.sources[0].moreUnread);
}
}  // namespace
}  // namespace strata::builder
