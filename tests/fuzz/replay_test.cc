/// Every input that is kept, by every target, without a fuzzer: what was found and mended stays so.

#include "tests/fuzz/fuzz.h"

#include "tests/support/testing.h"

#include <filesystem>

namespace strata::fuzz {

namespace {
std::string input;  ///< the file at hand
}

void broken(const llvm::Twine& promise) { ADD_FAILURE() << input << ": broken promise: " << promise.str(); }

namespace {
std::vector<std::string> inputsOf(llvm::StringRef target) {
  std::vector<std::string> files;
  std::filesystem::path folder = std::filesystem::path(STRATA_SOURCE_DIR) / "tests/fuzz/corpus" / target.str();
  if (std::filesystem::is_directory(folder))
    for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
  llvm::sort(files);
  return files;
}

TEST(ReplayTest, EveryTargetKeepsItsPromisesOnEveryInputKept) {
  ASSERT_GE(targets().size(), 8u);
  for (const Target& target : targets()) {
    std::vector<std::string> files = inputsOf(target.name);
    EXPECT_GE(files.size(), 5u) << "of target " << target.name;
    for (const std::string& file : files) {
      input = file;
      target.run(testing::must(readFile(file, 1 << 20)));
    }
  }
}

TEST(ReplayTest, NoInputKeptIsWithoutATarget) {
  for (const auto& entry : std::filesystem::directory_iterator(STRATA_SOURCE_DIR "/tests/fuzz/corpus"))
    EXPECT_TRUE(llvm::any_of(targets(), [&](const Target& one) { return entry.path().filename() == one.name; }))
        << entry.path();
}
}  // namespace

}  // namespace strata::fuzz
