#include "analyzer/packages/version_order.h"

#include "tests/support/testing.h"

namespace strata::analyzer {
namespace {

/// Each of the versions against each: in rising order, equal ones joined by a blank.
void expectOrder(PackageKind kind, const std::vector<std::string>& rising) {
  std::vector<std::pair<std::string, size_t>> all;
  for (size_t rank = 0; rank < rising.size(); ++rank)
    for (llvm::StringRef rest = rising[rank]; !rest.empty(); rest = rest.split(' ').second)
      all.push_back({rest.split(' ').first.str(), rank});
  for (const auto& [a, rankA] : all)
    for (const auto& [b, rankB] : all) {
      auto order = compareVersions(kind, a, b);
      ASSERT_TRUE(order) << a << " " << b;
      EXPECT_TRUE(*order == (rankA <=> rankB)) << a << " against " << b;
    }
}

TEST(VersionOrder, Dpkg) {
  expectOrder(PackageKind::Dpkg,
              {"1.0~~", "1.0~~a", "1.0~", "1.0~rc1", "1.0 1.0-0 0:1.0 1.00", "1.0-1~bpo12+1", "1.0-1", "1.0-1+b1",
               "1.0-1.1", "1.0-2", "1.0-10", "1.0a", "1.0a-1", "1.0+dfsg", "1.0.1", "1.2", "1.10", "1.10.0b", "1:0.1"});
}

TEST(VersionOrder, Rpm) {
  expectOrder(PackageKind::Rpm, {"1.0~rc1-1", "1.0~rc1^git1-1", "1.0-1 1.00-1 1_0-1", "1.0-1.el9", "1.0-1.10.el9",
                                 "1.0-10", "1.0^git1-1", "1.0.a-1", "1.0.1-1", "1.10-1", "2:0.1-1"});
}

TEST(VersionOrder, Apk) {
  expectOrder(PackageKind::Apk, {"1.2_alpha1-r0", "1.2_alpha2", "1.2_beta", "1.2_pre1", "1.2_rc1", "1.2 1.2-r0",
                                 "1.2-r1", "1.2-r10", "1.2_git20240101", "1.2_p1-r0", "1.2b", "1.2.1", "1.10"});
  EXPECT_FALSE(compareApkVersions("1.2", "latest"));
  EXPECT_FALSE(compareApkVersions("1..2", "1"));
}

TEST(VersionOrder, Npm) {
  expectOrder(PackageKind::Npm, {"1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
                                 "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0 1.0.0+build.5", "1.2.0", "1.10.0", "10.0.0"});
  EXPECT_FALSE(compareSemanticVersions("1.0.0", "1.0"));
  EXPECT_FALSE(compareSemanticVersions("git+ssh://x", "1.0.0"));
}

TEST(VersionOrder, Python) {
  expectOrder(PackageKind::Python, {"1.0.dev1", "1.0a1.dev1", "1.0a1 1.0.alpha.1", "1.0b2", "1.0b2.post1",
                                    "1.0rc1 1.0c1 v1.0-rc.1", "1.0 1 1.0.0", "1.0+local.1", "1.0+local.2",
                                    "1.0.post1.dev2", "1.0.post1 1.0-1", "1.0.1", "1.10", "2024.1", "1!0.5"});
  EXPECT_FALSE(comparePythonVersions("1.0", "unknown"));
  EXPECT_FALSE(comparePythonVersions("1.0 final", "1.0"));
}

TEST(VersionOrder, NumbersOfAnyLengthAreCompared) {
  EXPECT_TRUE(compareDpkgVersions("1." + std::string(400, '9'), "1.1" + std::string(400, '0')) < 0);
  EXPECT_TRUE(compareDpkgVersions("1." + std::string(400, '0') + "1", "1.1") == 0);
}

}  // namespace
}  // namespace strata::analyzer
