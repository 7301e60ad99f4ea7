#include "builder/copy/copy.h"
#include "tests/support/testing.h"

namespace strata::builder {
namespace {

using testing::must;

uint32_t changed(llvm::StringRef text, uint32_t mode, bool isDirectory = false) {
  return must(ModeChange::parse(text)).apply(mode, isDirectory);
}

TEST(ModeChangeTest, COPY_35_OctalReplacesTheMode) {
  EXPECT_EQ(changed("755", 0600), 0755u);
  EXPECT_EQ(changed("0644", 0777, true), 0644u);
  EXPECT_EQ(changed("7777", 0), 07777u);
  EXPECT_EQ(changed("0", 0777), 0u);
}

TEST(ModeChangeTest, COPY_35_BadOctalIsAFault) {
  for (const char* text : {"64a", "888", "10000", "7 7"})
    EXPECT_FAULT_SAYING(ModeChange::parse(text), FaultKind::Invalid,
                        "it should be octal string and between 0 and 07777");
}

TEST(ModeChangeTest, COPY_36_ClausesChangeEachEntrysOwnMode) {
  EXPECT_EQ(changed("u=rwx", 0644), 0744u);
  EXPECT_EQ(changed("go-rwx", 0777), 0700u);
  EXPECT_EQ(changed("+x", 0644), 0755u);
  EXPECT_EQ(changed("a+w", 0444), 0666u);
  EXPECT_EQ(changed("u=rw,go=r", 0777), 0644u);
  EXPECT_EQ(changed("u+s,+t", 0755), 05755u);
  EXPECT_EQ(changed("g=u", 0640), 0660u);
  EXPECT_EQ(changed("u+r-w", 0200), 0400u);
  EXPECT_EQ(changed("o=", 0777), 0770u);
  EXPECT_EQ(changed("=r", 0777), 0444u);
}

TEST(ModeChangeTest, COPY_36_CapitalXIsForDirectoriesAndPrograms) {
  EXPECT_EQ(changed("a+X", 0644), 0644u);
  EXPECT_EQ(changed("a+X", 0744), 0755u);
  EXPECT_EQ(changed("a+X", 0644, true), 0755u);
  EXPECT_EQ(changed("go=rX", 0700, true), 0755u);
}

TEST(ModeChangeTest, COPY_36_SeveralOperatorsStandInOneClause) {
  EXPECT_EQ(changed("u+r-w", 0200), 0400u);
  EXPECT_EQ(changed("ug-s+t", 07775), 01775u);
  EXPECT_EQ(changed("u=rw-w,+x", 0070), 0571u);
}

TEST(ModeChangeTest, COPY_36_TheStickyBitBelongsToNoClass) {
  EXPECT_EQ(changed("u+t", 0644), 01644u);
  EXPECT_EQ(changed("o+t", 0644), 0644u);
  EXPECT_EQ(changed("o=", 01777), 01770u);
  EXPECT_EQ(changed("a=r", 01777), 01444u);
  EXPECT_EQ(changed("-t", 07777), 06777u);
  EXPECT_EQ(changed("+rt", 0664), 01664u) << "with t, only t";
}

TEST(ModeChangeTest, COPY_36_CopiedPermissionsLeaveSetuidAlone) {
  EXPECT_EQ(changed("u=o", 07777), 07777u);
  EXPECT_EQ(changed("u=o", 04624), 04424u);
  EXPECT_EQ(changed("u=gr", 0751), 0451u) << "what is named after replaces what was copied";
  EXPECT_EQ(changed("u=", 04755), 0055u);
}

TEST(ModeChangeTest, COPY_36_CapitalXAsksTheModeBeforeAnyClause) {
  EXPECT_EQ(changed("a-x,+X", 0751), 0751u);
  EXPECT_EQ(changed("u-X", 07775), 07675u);
}

TEST(ModeChangeTest, COPY_36_BadClausesAreFaults) {
  for (const char* text : {"", "u", "z+x", "u+q", "u=rw,", "+x,?"})
    EXPECT_FAULT(ModeChange::parse(text), FaultKind::Invalid);
}

}  // namespace
}  // namespace strata::builder
