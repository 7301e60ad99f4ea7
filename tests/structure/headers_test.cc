#include "tests/structure/made_up_tree.h"
#include "tests/structure/source_text.h"

namespace strata::structure {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string wrongBeginning(llvm::StringRef text) {
  if (!text.consume_front("#pragma once\n")) return " does not begin with #pragma once";
  if (!text.starts_with("/// \\file ")) return " does not say on its second line what it is (/// \\file ...)";
  return "";
}

/// Headers of the program, its tests and its benchmarks that do not begin as all do.
Breaches oddHeaders(const std::string& root) {
  std::vector<std::string> sources = programSources(root);
  for (llvm::StringRef folder : {"tests", "bench"}) llvm::append_range(sources, sourcesBelow(root, folder));
  Breaches breaches;
  for (const std::string& file : sources) {
    if (!llvm::StringRef(file).ends_with(".h")) continue;
    if (std::string wrong = wrongBeginning(textOf(root + "/" + file)); !wrong.empty()) breaches.push_back(file + wrong);
  }
  return breaches;
}

TEST(HeadersTest, EveryHeaderBeginsWithPragmaOnceAndAFileComment) {
  EXPECT_THAT(oddHeaders(STRATA_SOURCE_DIR), IsEmpty());
}

TEST(HeadersRuleTest, AHeaderWithBothIsFine) {
  MadeUpTree tree;
  tree.with("support/a.h", "#pragma once\n/// \\file What it is.\n");
  EXPECT_THAT(oddHeaders(tree.root()), IsEmpty());
}

TEST(HeadersRuleTest, AHeaderWithoutOneOfThemIsFound) {
  MadeUpTree tree;
  tree.with("support/a.h", "/// \\file What it is.\n").with("tests/b.h", "#pragma once\n\n#include <string>\n");
  EXPECT_THAT(oddHeaders(tree.root()),
              ElementsAre("support/a.h does not begin with #pragma once",
                          "tests/b.h does not say on its second line what it is (/// \\file ...)"));
}

}  // namespace

}  // namespace strata::structure
