#include "support/directory_entries.h"

#include "tests/support/testing.h"

namespace strata::testing {
namespace {

TEST(DirectoryEntries, AreSortedAndNoneWhereThereIsNoDirectory) {
  TempDir directory = makeTempDir();
  writeFile(directory.path() + "/b", "");
  writeFile(directory.path() + "/a/c", "");
  EXPECT_THAT(must(entriesOf(directory.path())), ::testing::ElementsAre("a", "b"));
  EXPECT_THAT(must(entriesOf(directory.path() + "/none")), ::testing::IsEmpty());
  EXPECT_TRUE(faultOf(entriesOf(directory.path() + "/b")).kind.has_value());
}

}  // namespace
}  // namespace strata::testing
