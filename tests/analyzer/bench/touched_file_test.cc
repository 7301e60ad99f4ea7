#include "analyzer/bench/touched_file.h"

#include "support/cancel.h"
#include "support/process.h"
#include "tests/support/testing.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <chrono>
#include <filesystem>

namespace strata::analyzer {
namespace {

using builder::KeyComponent;
using builder::TreeEntry;
using builder::TreeObject;
using layerfs::EntryKind;
using ::testing::ElementsAre;
using testing::must;
using ::testing::Optional;

/// A context on disk, and a journal of what was copied out of it.
class TouchedFileTest : public ::testing::Test {
protected:
  std::string context() const { return directory_.path() + "/context"; }
  void write(const std::string& path, int64_t changed = 1'000) {
    std::string full = context() + "/" + path;
    testing::writeFile(full, path);
    timespec times[2] = {{changed, 0}, {changed, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, full.c_str(), times, 0), 0);
  }
  void git(std::vector<std::string> words) {
    words.insert(words.begin(), {"git", "-C", context(), "-c", "user.name=n", "-c", "user.email=e@example.org"});
    ASSERT_EQ(must(runProcess({.argv = std::move(words)})).exitCode, 0);
  }
  std::optional<std::string> choose(std::vector<std::string> candidates, std::vector<std::string> recorded = {}) {
    return must(chooseTouched(context(), candidates, recorded, never_));
  }

  TreeEntry directory(std::string name, std::vector<TreeEntry> entries) {
    return {.name = std::move(name), .kind = EntryKind::Directory, .content = put({.entries = std::move(entries)})};
  }
  Digest put(const TreeObject& object) {
    must(trees_->put(digestOf(object.encode()), object.encode()));
    return digestOf(object.encode());
  }
  void addCopy(std::string sources, std::vector<TreeEntry> taken) {
    builder::BuildStep step;
    KeyComponent files{.kind = KeyComponent::Kind::Files, .name = std::move(sources)};
    files.tree = put({.isSelection = true, .entries = std::move(taken)});
    step.components = {files};
    build_.steps.push_back(std::move(step));
  }
  std::vector<std::string> copied() { return must(copiedFiles(build_, *trees_, context())); }

  TempDir directory_ = testing::makeTempDir();
  CancelToken never_;
  std::unique_ptr<Database> database_ = must(Database::open(directory_.path() + "/db"));
  std::unique_ptr<builder::TreeStore> trees_ = must(builder::TreeStore::open(*database_));
  builder::Build build_;
};

TEST_F(TouchedFileTest, FilesOfACopyHaveTheirPathsInTheContext) {
  for (const char* path : {"package.json", "src/a.c", "src/deep/b.c", "lib/one.py", "lib/two.py"}) write(path);
  addCopy("./package.json src/",
          {{.name = "0000 package.json"}, directory("0001", {{.name = "a.c"}, directory("deep", {{.name = "b.c"}})})});
  addCopy("lib/*.py", {{.name = "0000 one.py"}, {.name = "0000 two.py"}});
  EXPECT_THAT(copied(), ElementsAre("lib/one.py", "lib/two.py", "package.json", "src/a.c", "src/deep/b.c"));
}

TEST_F(TouchedFileTest, TheWholeContextIsItsFilesThatAreThere) {
  write("a");
  write("b/c");
  addCopy(".", {directory("0000", {{.name = "a"}, directory("b", {{.name = "c"}, {.name = "gone"}})})});
  EXPECT_THAT(copied(), ElementsAre("a", "b/c"));
}

TEST_F(TouchedFileTest, FilesOfAStageAreNoneOfTheContext) {
  write("a");
  addCopy("a", {{.name = "0000 a"}});
  build_.steps[0].components[0].step = 3;
  EXPECT_THAT(copied(), ElementsAre());
}

TEST_F(TouchedFileTest, WhatIsOutsideOfTheContextIsNoneOfItsFiles) {
  write("a");
  testing::writeFile(directory_.path() + "/outside/passwd", "theirs");
  std::filesystem::create_symlink("../outside", context() + "/link");
  std::filesystem::create_symlink("../outside/passwd", context() + "/passwd");
  addCopy("../outside/passwd ../a", {{.name = "0000 passwd"}, {.name = "0001 a"}});
  addCopy("link/passwd link passwd", {{.name = "0000 passwd"},
                                      directory("0001", {{.name = "passwd"}}),  //
                                      {.name = "0002 passwd"}});
  EXPECT_THAT(copied(), ElementsAre("a")) << "a build, too, takes ../a for the context's";
}

TEST_F(TouchedFileTest, TheFileOfMostCommitsIsChosen) {
  for (const char* path : {"src/often", "src/seldom", "not-copied"}) write(path);
  git({"init", "-q"});
  git({"add", "."});
  git({"commit", "-qm", "first"});
  for (int i = 0; i < 3; ++i) {
    testing::writeFile(context() + "/src/often", std::to_string(i));
    testing::writeFile(context() + "/not-copied", std::to_string(i));
    git({"commit", "-qam", "next"});
  }
  testing::writeFile(context() + "/not-copied", "once more");
  git({"commit", "-qam", "last"});
  write("src/seldom", 2'000'000'000);
  EXPECT_THAT(choose({"src/often", "src/seldom"}), Optional(std::string("src/often")));
}

TEST_F(TouchedFileTest, WithoutCommitsTheNewestFileIsChosen) {
  write("old", 1'000);
  write("new", 3'000);
  write("package.json", 9'000);
  EXPECT_THAT(choose({"new", "old", "package.json"}), Optional(std::string("new")));
}

TEST_F(TouchedFileTest, WithoutCommitsTheJournalIsAskedFirst) {
  write("src/old", 1'000);
  write("src/new", 3'000);
  EXPECT_THAT(choose({"src/new", "src/old"}, {"new", "old", "old"}), Optional(std::string("src/old")));
  EXPECT_THAT(choose({"src/new", "src/old"}, {"gone", "ld"}), Optional(std::string("src/new")));
}

TEST_F(TouchedFileTest, AFileOfDependenciesIsChosenWhereThereIsNoOther) {
  write("package.json");
  EXPECT_THAT(choose({"package.json"}), Optional(std::string("package.json")));
  EXPECT_EQ(choose({}), std::nullopt);
}

TEST(DependencyTest, TheNearestLockFileComesFirst) {
  EXPECT_EQ(chooseDependency({"package-lock.json", "package.json", "src/main.js"}), "package-lock.json");
  EXPECT_EQ(chooseDependency({"a/go.sum", "requirements.txt"}), "requirements.txt");
  EXPECT_EQ(chooseDependency({"src/main.js", "not-package.json"}), std::nullopt);
}

TEST(MeantByJournalTest, ANameIsTheFirstCandidateThatEndsWithIt) {
  EXPECT_THAT(meantByJournal({"a", "src/a", "x/src/a", "rc/a", "gone", "a"}, {"lib/a", "x/src/a", "src/a"}),
              ElementsAre("lib/a", "x/src/a", "x/src/a", "lib/a"));
}

TEST(MeantByJournalTest, ALargeProjectTakesNoLongerThanItsSize) {
  std::vector<std::string> candidates, names;
  for (int i = 0; i < 100'000; ++i) candidates.push_back("src/" + std::to_string(i % 100) + "/" + std::to_string(i));
  for (int i = 0; i < 100'000; ++i) names.push_back(std::to_string(99'999 - i));
  auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(meantByJournal(names, candidates).size(), 100'000u);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(20)) << "each with each are minutes";
}

TEST(MostFrequentTest, EqualCountsGiveTheEarlierPath) {
  EXPECT_EQ(mostFrequent({"b", "a", "b", "a", "c", "c", "c"}, {"a", "b"}), "a");
  EXPECT_EQ(mostFrequent({"c"}, {"a", "b"}), std::nullopt);
}

}  // namespace
}  // namespace strata::analyzer
