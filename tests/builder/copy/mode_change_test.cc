#include "builder/copy/copy.h"
#include "tests/support/testing.h"

namespace strata::builder {
namespace {

using testing::must;

uint32_t changed(llvm::StringRef text, uint32_t mode, bool isDirectory = false) {
  return must(ModeChange::parse(text)).apply(mode, isDirectory);
}

TEST(ModeChangeTest, Copy35OctalReplacesTheMode) {
  EXPECT_EQ(changed("755", 0600), 0755u);
  EXPECT_EQ(changed("0644", 0777, true), 0644u);
  EXPECT_EQ(changed("7777", 0), 07777u);
  EXPECT_EQ(changed("0", 0777), 0u);
}

TEST(ModeChangeTest, Copy35BadOctalIsAFault) {
  for (const char* text : {"64a", "888", "10000", "7 7"})
    EXPECT_FAULT_SAYING(ModeChange::parse(text), FaultKind::Invalid,
                        "it should be octal string and between 0 and 07777");
}

TEST(ModeChangeTest, Copy36ClausesChangeEachEntrysOwnMode) {
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

TEST(ModeChangeTest, Copy36CapitalXIsForDirectoriesAndPrograms) {
  EXPECT_EQ(changed("a+X", 0644), 0644u);
  EXPECT_EQ(changed("a+X", 0744), 0755u);
  EXPECT_EQ(changed("a+X", 0644, true), 0755u);
  EXPECT_EQ(changed("go=rX", 0700, true), 0755u);
}

TEST(ModeChangeTest, Copy36BadClausesAreFaults) {
  for (const char* text : {"", "u", "z+x", "u+q", "u=rw,", "+x,?"})
    EXPECT_FAULT(ModeChange::parse(text), FaultKind::Invalid);
}

}  // namespace
}  // namespace strata::builder
