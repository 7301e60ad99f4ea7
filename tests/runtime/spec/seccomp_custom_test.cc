#include "runtime/spec/seccomp_custom.h"

#include "runtime/spec/seccomp.h"
#include "support/text.h"
#include "tests/support/testing.h"

namespace strata::runtime {
namespace {
using strata::testing::must;
using ::testing::HasSubstr;
using ::testing::Not;

std::string read(llvm::StringRef text, llvm::ArrayRef<llvm::StringRef> capabilities = {}) {
  return printJson(must(readSeccompProfile(text, capabilities)));
}
std::string rule(llvm::StringRef conditions) {
  return (R"({"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["mount"],"action":"SCMP_ACT_ALLOW",)" +
          conditions + "}]}")
      .str();
}

TEST(ReadSeccompProfile, KeepsWhatOciRuntimesKnow) {
  std::string text =
      R"({"architectures":["SCMP_ARCH_X86_64"],"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38,"syscalls":[)"
      R"({"action":"SCMP_ACT_ALLOW","args":[{"index":0,"op":"SCMP_CMP_EQ","value":1}],"names":["write"]}]})";
  EXPECT_EQ(read(text), text);
}

TEST(ReadSeccompProfile, TakesTheOlderFormWithOneName) {
  EXPECT_THAT(read(R"({"defaultAction":"A","syscalls":[{"name":"chmod","action":"B","args":null}]})"),
              HasSubstr(R"("names":["chmod"])"));
}

TEST(ReadSeccompProfile, FollowsConditions) {
  EXPECT_THAT(read(rule(R"("includes":{"caps":["CAP_SYS_ADMIN"]})")), Not(HasSubstr("mount")));
  EXPECT_THAT(read(rule(R"("includes":{"caps":["CAP_SYS_ADMIN"]})"), {"CAP_SYS_ADMIN"}), HasSubstr("mount"));
  EXPECT_THAT(read(rule(R"("excludes":{"caps":["CAP_SYS_ADMIN"]})")), HasSubstr("mount"));
  EXPECT_THAT(read(rule(R"("excludes":{"caps":["CAP_SYS_ADMIN"]})"), {"CAP_SYS_ADMIN"}), Not(HasSubstr("mount")));
  EXPECT_THAT(read(rule(R"("includes":{"minKernel":"4.8"})")), HasSubstr("mount"));
  EXPECT_THAT(read(rule(R"("includes":{"minKernel":"99.1"})")), Not(HasSubstr("mount")));
  EXPECT_THAT(read(rule(R"("includes":{"arches":["vax"]})")), Not(HasSubstr("mount")));
}

TEST(ReadSeccompProfile, ResolvesTheArchitectureMap) {
  std::string text = read(
      R"({"defaultAction":"A","archMap":[{"architecture":"SCMP_ARCH_X86_64","subArchitectures":["SCMP_ARCH_X86"]},)"
      R"({"architecture":"SCMP_ARCH_AARCH64","subArchitectures":["SCMP_ARCH_ARM"]}]})");
#if defined(__x86_64__)
  EXPECT_THAT(text, HasSubstr(R"("architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X86"])"));
#else
  EXPECT_THAT(text, Not(HasSubstr("SCMP_ARCH_X86")));
#endif
}

TEST(ReadSeccompProfile, FaultsForWhatIsNoProfile) {
  for (const char* text :
       {"", "[]", "{}", R"({"defaultAction":1})", R"({"defaultAction":"A","syscalls":[3]})",
        R"({"defaultAction":"A","syscalls":[{"action":"B"}]})", R"({"defaultAction":"A","syscalls":[{"names":["x"]}]})",
        R"({"defaultAction":"A","architectures":[],"archMap":[]})"})
    EXPECT_FAULT(readSeccompProfile(text, {}), FaultKind::Invalid);
}

TEST(ReadSeccompProfile, WhatHasTheWrongTypeIsNoConditionThatIsAbsent) {
  for (const char* rule : {R"("includes": {"caps": "CAP_SYS_ADMIN"})", R"("excludes": {"arches": "amd64"})",
                           R"("includes": ["caps"])", R"("includes": {"minKernel": 4})", R"("args": {})"}) {
    std::string text = R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["mount"],)"
                       R"( "action": "SCMP_ACT_ALLOW", )" +
                       std::string(rule) + "}]}";
    EXPECT_FAULT_SAYING(readSeccompProfile(text, {}), FaultKind::Invalid, "has the wrong type");
  }
  EXPECT_FAULT(readSeccompProfile(R"({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": {"names": ["mount"]}})", {}),
               FaultKind::Invalid);
  must(readSeccompProfile(R"({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": null})", {}));
}

}  // namespace
}  // namespace strata::runtime
