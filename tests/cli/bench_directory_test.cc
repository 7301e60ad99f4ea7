#include "cli/bench_directory.h"

#include "tests/support/testing.h"

namespace strata::cli {
namespace {

using ::testing::IsEmpty;
using testing::must;

class BenchDirectoryTest : public ::testing::Test {
protected:
  BenchDirectory make() {
    return must(BenchDirectory::make(above_, [&](const std::string& line) { told_.push_back(line); }));
  }
  TempDir directory_ = testing::makeTempDir();
  std::string above_ = directory_.path();
  std::vector<std::string> told_;
};

TEST_F(BenchDirectoryTest, WhatAKilledBenchmarkLeftIsRemoved) {
  testing::writeFile(above_ + "/strata-bench-killed/lock", "");
  testing::writeFile(above_ + "/strata-bench-killed/warm/strata.db", "");
  testing::writeFile(above_ + "/strata-bench-of-somebody/file", "");
  testing::writeFile(above_ + "/other/lock", "");
  {
    BenchDirectory first = make(), second = make();
    EXPECT_TRUE(pathExists(first.path())) << "it is in use";
    EXPECT_FALSE(pathExists(above_ + "/strata-bench-killed"));
  }
  EXPECT_THAT(must(entriesOf(above_)), ::testing::UnorderedElementsAre("other", "strata-bench-of-somebody"));
  EXPECT_THAT(told_, IsEmpty());
  EXPECT_FAULT(BenchDirectory::make(above_ + "/absent", [](const std::string&) {}), FaultKind::NotFound);
}

TEST_F(BenchDirectoryTest, IsBesideTheStoreHoweverThatIsWritten) {
  EXPECT_EQ(placeBeside(above_ + "/store"), above_);
  EXPECT_EQ(placeBeside(above_ + "/store//"), above_);
  EXPECT_EQ(placeBeside(above_ + "/store/./"), above_);
  EXPECT_EQ(placeBeside(above_ + "/absent/deep/store"), above_);
}

}  // namespace
}  // namespace strata::cli
