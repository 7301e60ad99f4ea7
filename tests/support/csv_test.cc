#include "support/csv.h"

#include "tests/support/testing.h"

#include <gmock/gmock.h>

namespace strata {
namespace {
using ::testing::ElementsAre;
using testing::must;

TEST(Csv, SplitsFieldsAndUndoesQuotes) {
  EXPECT_THAT(must(splitCsv("type=local,dest=out")), ElementsAre("type=local", "dest=out"));
  EXPECT_THAT(must(splitCsv(R"(a,"b,c","say ""hi""",)")), ElementsAre("a", "b,c", "say \"hi\"", ""));
  EXPECT_THAT(must(splitCsv("")), ElementsAre(""));
}

TEST(Csv, RefusesBrokenQuotes) {
  for (const char* record : {R"(a,"b)", R"("a"b)", R"(a"b")", "a\nb"})
    EXPECT_FAULT(splitCsv(record), FaultKind::Invalid);
}

TEST(Csv, AnOptionHasALowerCaseKeyAndPerhapsAValue) {
  CsvOption option = parseCsvOption("Type=a=b");
  EXPECT_EQ(option.key, "type");
  EXPECT_EQ(option.value, "a=b");
  EXPECT_TRUE(option.hasValue);
  EXPECT_FALSE(parseCsvOption("push").hasValue);
}
}  // namespace
}  // namespace strata
