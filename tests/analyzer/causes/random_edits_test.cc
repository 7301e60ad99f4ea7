#include "analyzer/causes/invalidation.h"

#include "tests/builder/build_fixture.h"

#include <sys/stat.h>
#include <random>
#include <set>

namespace strata::analyzer {
namespace {

using builder::BuildStep;
using ::testing::SizeIs;

/// A project of three folders that are copied, one after the other, and random edits of it. Real builds in one store.
class RandomEditsTest : public builder::BuildTest {
protected:
  static constexpr unsigned kFolders = 3;

  void SetUp() override {
    BuildTest::SetUp();
    if (IsSkipped()) return;
    for (unsigned folder = 0; folder < kFolders; ++folder)
      for (int file = 0; file < 3; ++file) addFile(folder);
    writeDockerfile();
    mustBuild();
    for (unsigned folder = 0; folder < kFolders; ++folder) seen_.insert(stateOf(folder));
  }

  /// What an edit was: the step that it concerns, and how the cause must read.
  struct Edit {
    unsigned step = 0;
    Cause::Kind kind = Cause::Kind::Files;
    builder::TreeChange::Kind change = builder::TreeChange::Kind::Modified;
    std::string path;
    bool isBack = false;  ///< to a state that there was before: nothing has to run
  };

  std::string folderName(unsigned folder) { return "f" + std::to_string(folder); }
  std::string pathOf(unsigned folder, const std::string& name) { return context(folderName(folder) + "/" + name); }
  std::string freshText() { return "content " + std::to_string(++counter_) + std::string(random_() % 200, 'x') + "\n"; }

  std::string addFile(unsigned folder) {
    bool deep = random_() % 2;
    if (deep) hasDirectory_[folder] = true;  // and keeps it
    std::string name = (deep ? "deep/n" : "n") + std::to_string(++counter_);
    files_[folder][name] = {freshText(), 0644};
    writeFile(pathOf(folder, name), files_[folder][name].first);
    return name;
  }
  std::string anyFile(unsigned folder) {
    return std::next(files_[folder].begin(), ptrdiff_t(random_() % files_[folder].size()))->first;
  }
  /// Everything that the key of a folder's COPY is made of.
  std::string stateOf(unsigned folder) {
    std::string state = destinations_[folder] + (hasDirectory_[folder] ? " deep\n" : "\n");
    for (auto& [name, file] : files_[folder]) state += name + " " + std::to_string(file.second) + " " + file.first;
    return state;
  }
  void writeDockerfile() {
    std::string text = "FROM base\n";
    for (unsigned folder = 0; folder < kFolders; ++folder)
      text += "COPY " + folderName(folder) + " /" + destinations_[folder] + folderName(folder) + "\n";
    dockerfile(text);
  }

  Edit makeEdit() {
    unsigned folder = unsigned(random_() % kFolders);
    Edit edit{.step = folder + 1};
    using Change = builder::TreeChange::Kind;
    unsigned dice = unsigned(random_() % 10);
    if (dice == 0) {
      edit.kind = Cause::Kind::Instruction;
      destinations_[folder] = "d" + std::to_string(++counter_) + "/";
      writeDockerfile();
    } else if (dice <= 2) {
      edit.change = Change::Added;
      edit.path = addFile(folder);
    } else if (dice <= 4 && files_[folder].size() > 3) {
      edit.change = Change::Removed;
      edit.path = anyFile(folder);
      files_[folder].erase(edit.path);
      must(removeTree(pathOf(folder, edit.path)));
    } else if (dice <= 6) {
      edit.change = Change::Mode;
      edit.path = anyFile(folder);
      mode_t& mode = files_[folder][edit.path].second;
      mode ^= 0111;
      EXPECT_EQ(::chmod(pathOf(folder, edit.path).c_str(), mode), 0);
    } else {
      edit.path = anyFile(folder);
      files_[folder][edit.path].first = freshText();
      writeFile(pathOf(folder, edit.path), files_[folder][edit.path].first, files_[folder][edit.path].second);
    }
    edit.isBack = !seen_.insert(stateOf(folder)).second;
    return edit;
  }

  std::vector<StepReason> explainLast() {
    auto journal = must(builder::Journal::open(store_->database()));
    auto trees = must(builder::TreeStore::open(store_->database()));
    return must(reasonsFor(must(journal->load("last")), *journal, *trees));
  }

  std::mt19937 random_{20240229};
  unsigned counter_ = 0;
  std::map<std::string, std::pair<std::string, mode_t>> files_[kFolders];
  std::string destinations_[kFolders];
  bool hasDirectory_[kFolders] = {};
  std::set<std::string> seen_;
};

/// A directory that comes with its first file is one change, which names the directory.
bool names(const builder::TreeChange& change, const std::string& path) {
  llvm::StringRef shown = change.path, wanted = path;
  return shown.ends_with(wanted) || shown.ends_with(wanted.split('/').first);
}

TEST_F(RandomEditsTest, TheCauseIsTheEditThatWasMade) {
  for (int round = 0; round < 1000 && !HasFailure(); ++round) {
    Edit edit = makeEdit();
    SCOPED_TRACE("round " + std::to_string(round) + ": step " + std::to_string(edit.step + 1) + " " + edit.path);
    mustBuild();
    std::vector<StepReason> reasons = explainLast();
    ASSERT_THAT(reasons, SizeIs(kFolders + 1));
    for (unsigned step = 0; step <= kFolders; ++step) {
      if (step != edit.step || edit.isBack) {
        EXPECT_TRUE(reasons[step].causes.empty())
            << "step " << step + 1 << ": " << nameOf(reasons[step].causes[0].kind).str();
        continue;
      }
      ASSERT_THAT(reasons[step].causes, SizeIs(1));
      const Cause& cause = reasons[step].causes[0];
      EXPECT_EQ(nameOf(cause.kind), nameOf(edit.kind));
      if (edit.kind != Cause::Kind::Files) continue;
      ASSERT_THAT(cause.changes, SizeIs(1));
      EXPECT_EQ(int(cause.changes[0].kind), int(edit.change));
      EXPECT_TRUE(names(cause.changes[0], edit.path)) << cause.changes[0].path;
    }
  }
}

}  // namespace
}  // namespace strata::analyzer
