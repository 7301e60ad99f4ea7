#include "cli/volumes/volume_filters.h"

#include "tests/support/testing.h"

namespace strata::cli {
namespace {
using namespace strata::testing;

class VolumeFiltersTest : public ::testing::Test {
protected:
  VolumeFiltersTest() : root_(makeTempDir()), database_(must(Database::open(joinPath(root_.path(), "strata.db")))) {
    store_ = must(runtime::VolumeStore::open(*database_, root_.path(), root_.path(), [](llvm::StringRef name) {
      return name == "used" ? std::vector<std::string>{"c1"} : std::vector<std::string>();
    }));
  }
  bool admits(std::vector<std::string> texts, const std::string& name, std::map<std::string, std::string> labels = {}) {
    auto filters = must(VolumeFilters::read(texts));
    return must(filters.admit({.name = name, .labels = std::move(labels)}, *store_));
  }
  TempDir root_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<runtime::VolumeStore> store_;
};

TEST_F(VolumeFiltersTest, Dangling) {
  EXPECT_TRUE(admits({"dangling=true"}, "free"));
  EXPECT_FALSE(admits({"dangling=true"}, "used"));
  EXPECT_TRUE(admits({"dangling=0"}, "used"));
  EXPECT_FALSE(admits({"dangling=false"}, "free"));
}

TEST_F(VolumeFiltersTest, NamesAreAlternativesAndLabelsAreNot) {
  EXPECT_TRUE(admits({"name=web", "name=dat"}, "mydata"));
  EXPECT_FALSE(admits({"name=web"}, "mydata"));
  EXPECT_TRUE(admits({"label=a", "label=b=2"}, "x", {{"a", "1"}, {"b", "2"}}));
  EXPECT_FALSE(admits({"label=a", "label=b=3"}, "x", {{"a", "1"}, {"b", "2"}}));
  EXPECT_FALSE(admits({"label!=a"}, "x", {{"a", "1"}}));
  EXPECT_TRUE(admits({"driver=local"}, "x"));
  EXPECT_FALSE(admits({"driver=nfs"}, "x"));
}

TEST_F(VolumeFiltersTest, RefusesOthers) {
  for (const char* text : {"dangling=perhaps", "name=", "label", "size=1"})
    EXPECT_FAULT_SAYING(VolumeFilters::read({text}), FaultKind::Invalid, "invalid filter");
}

}  // namespace
}  // namespace strata::cli
