#include "cli/manual.h"

#include <llvm/ADT/STLExtras.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strata::cli {
namespace {
using ::testing::HasSubstr;
using ::testing::Not;

std::string textOf(llvm::StringRef file) {
  for (const ManualPage& page : manualPages())
    if (page.file == file) return page.text;
  return "";
}

TEST(Manual, HasAPageForEachCommandThatHelpLists) {
  EXPECT_THAT(textOf("strata.1"), HasSubstr("strata image prune"));
  EXPECT_THAT(textOf("strata-image-prune.1"), HasSubstr(".SH NAME\nstrata\\-image\\-prune"));
  EXPECT_EQ(textOf("strata-container-supervisor.1"), "");
  EXPECT_EQ(textOf("strata-image-list.1"), "") << "another name";
}

TEST(Manual, ListsOptionsWithTheirValues) {
  std::string run = textOf("strata-run.1");
  EXPECT_THAT(run, HasSubstr("\\fB\\-e\\fR, \\fB\\-\\-env\\fR \\fIlist\\fR"));
  EXPECT_THAT(run, HasSubstr("\\fB\\-\\-rm\\fR\n"));
}

TEST(Manual, TakesNoTextForAnInstruction) {
  for (const ManualPage& page : manualPages()) {
    llvm::SmallVector<llvm::StringRef> lines;
    llvm::StringRef(page.text).split(lines, '\n');
    for (llvm::StringRef line : lines) {
      bool isOurs = line.starts_with(".TH ") || line.starts_with(".SH ") || line == ".TP";
      EXPECT_TRUE(isOurs || !line.starts_with(".")) << page.file << ": " << line.str();
    }
  }
}

}  // namespace
}  // namespace strata::cli
