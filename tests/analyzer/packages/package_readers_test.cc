#include "analyzer/packages/package_readers.h"

#include "support/database.h"
#include "tests/analyzer/packages/rpm_samples.h"
#include "tests/support/testing.h"

namespace strata::analyzer {
namespace {

using strata::testing::must;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Package package(std::string name, std::string version, std::string architecture = {},
                std::optional<uint64_t> bytes = {}) {
  return {std::move(name), std::move(version), std::move(architecture), bytes};
}

// --- dpkg ---

constexpr llvm::StringLiteral kStatus = R"(Package: libc6
Status: install ok installed
Priority: optional
Section: libs
Installed-Size: 12988
Maintainer: Some Body <body@example.org>
Architecture: amd64
Multi-Arch: same
Source: glibc
Version: 2.36-9+deb12u4
Conffiles:
 /etc/ld.so.conf.d/x86_64-linux-gnu.conf d4e7a7b88a71b5ffd9e2644e71a0cfab
Description: GNU C Library: Shared libraries
 Contains the standard libraries that are used by nearly all programs.
 .
 Version: 9.9 of nothing

Package: gone
Status: deinstall ok config-files
Architecture: all
Version: 1.0

Package: half
Status: install ok half-configured
Architecture: all
Version: 2:3.0~rc1-1
)";

TEST(DpkgStatus, ReadsWhatIsInstalled) {
  EXPECT_THAT(must(readDpkgStatus(kStatus)), ElementsAre(package("libc6", "2.36-9+deb12u4", "amd64", 12988u << 10),
                                                         package("half", "2:3.0~rc1-1", "all")));
}

TEST(DpkgStatus, AFileOfStatusDHasNoState) {
  EXPECT_THAT(must(readDpkgStatus("Package: tzdata\nVersion: 2024a-0+deb12u1\nArchitecture: all\n")),
              ElementsAre(package("tzdata", "2024a-0+deb12u1", "all")));
}

TEST(DpkgStatus, WhatMakesNoSenseIsLeftOut) {
  EXPECT_THAT(must(readDpkgStatus("")), IsEmpty());
  EXPECT_THAT(must(readDpkgStatus("Package: a\n\n\n\nVersion: 1\n\nPackage: b\nVersion: 2\nInstalled-Size: -1")),
              ElementsAre(package("b", "2")));
  std::string endless = "Package: " + std::string(kLongestPackageText + 1, 'x') + "\nVersion: 1\n";
  EXPECT_THAT(must(readDpkgStatus(endless)), IsEmpty());
}

TEST(DpkgStatus, MorePackagesThanThereAreIsAFault) {
  std::string many;
  for (size_t i = 0; i <= kMostPackages; ++i) many += "Package: a\nVersion: 1\n\n";
  EXPECT_FAULT_SAYING(readDpkgStatus(many), FaultKind::Invalid, "more than 100000 packages");
}

// --- apk ---

constexpr llvm::StringLiteral kInstalled = R"(C:Q1abcdefghijklmnopqrstuvwxyz01=
P:musl
V:1.2.4-r2
A:x86_64
S:390143
I:634880
T:the musl c library (libc) implementation
U:https://musl.example.org/
p:so:libc.musl-x86_64.so.1=1
F:lib
R:ld-musl-x86_64.so.1
a:0:0:755
V:not a version

C:Q1abcdefghijklmnopqrstuvwxyz02=
P:busybox
V:1.36.1-r5
A:x86_64
I:962560
)";

TEST(ApkInstalled, ReadsNameVersionAndInstalledSize) {
  EXPECT_THAT(must(readApkInstalled(kInstalled)), ElementsAre(package("musl", "1.2.4-r2", "x86_64", 634880u),
                                                              package("busybox", "1.36.1-r5", "x86_64", 962560u)));
}

// --- rpm ---

TEST(RpmHeader, ReadsNameVersionReleaseEpochAndSize) {
  EXPECT_EQ(readRpmHeader(rpmHeader({.name = "bash", .version = "5.1.8", .release = "6.el9", .size = 7738634})),
            package("bash", "5.1.8-6.el9", "x86_64", 7738634u));
  EXPECT_EQ(readRpmHeader(rpmHeader({.name = "shadow", .version = "4.9", .release = "8.el9", .epoch = 2, .size = 5})),
            package("shadow", "2:4.9-8.el9", "x86_64", 5u));
}

TEST(RpmHeader, AHeaderThatIsCutOrLiesIsNone) {
  std::string whole = rpmHeader({.name = "bash", .version = "5.1.8", .release = "6.el9", .size = 1});
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(readRpmHeader(llvm::StringRef(whole).take_front(size))) << size;
  std::string lying = whole;
  lying[0] = '\x7f';  // two thousand million entries
  EXPECT_FALSE(readRpmHeader(lying));
  lying = whole;
  lying[8 + 8] = '\x7f';  // the name begins far behind the end
  EXPECT_FALSE(readRpmHeader(lying));
}

TEST(RpmDatabase, ReadsTheTableOfPackages) {
  auto directory = strata::testing::makeTempDir();
  std::string bytes = rpmDatabase(joinPath(directory.path(), "rpmdb.sqlite"),
                                  {{.name = "bash", .version = "5.1.8", .release = "6.el9", .size = 10},
                                   {.name = "gpg-pubkey", .version = "abc", .release = "def", .size = 0},
                                   {.name = "zlib", .version = "1.2.11", .release = "40.el9", .size = 20}});
  EXPECT_THAT(must(readRpmDatabase(bytes)), ElementsAre(package("bash", "5.1.8-6.el9", "x86_64", 10u),
                                                        package("zlib", "1.2.11-40.el9", "x86_64", 20u)));
}

TEST(RpmDatabase, WhatIsNoDatabaseIsAFault) {
  EXPECT_FAULT(readRpmDatabase(""), FaultKind::Invalid);
  EXPECT_FAULT(readRpmDatabase(std::string(4096, 'x')), FaultKind::Invalid);
  auto directory = strata::testing::makeTempDir();
  std::string path = joinPath(directory.path(), "other.sqlite");
  {
    auto database = must(Database::open(path));
    must(database->execute("CREATE TABLE other(a); PRAGMA wal_checkpoint(TRUNCATE)"));
  }
  EXPECT_FAULT_SAYING(readRpmDatabase(must(readFile(path))), FaultKind::Invalid, "no rpm database");
}

TEST(RpmDatabase, AViewThatNeverEndsIsGivenUp) {
  auto directory = strata::testing::makeTempDir();
  std::string path = joinPath(directory.path(), "endless.sqlite");
  {
    auto database = must(Database::open(path));
    must(
        database->execute("CREATE VIEW Packages(hnum, blob) AS WITH RECURSIVE n(i) AS "
                          "(SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i, 'x' FROM n WHERE i < 0;"
                          "PRAGMA wal_checkpoint(TRUNCATE)"));
  }
  EXPECT_TRUE(strata::testing::faultOf(readRpmDatabase(must(readFile(path)))).kind);
}

// --- npm ---

TEST(NpmManifest, ReadsNameAndVersion) {
  EXPECT_THAT(must(readNpmManifest(R"({"name": "@types/node", "version": "20.1.0", "main": "", "scripts": {}})")),
              ElementsAre(package("@types/node", "20.1.0")));
  EXPECT_THAT(must(readNpmManifest(R"({"name": "private"})")), IsEmpty());
  EXPECT_FAULT(readNpmManifest("[]"), FaultKind::Invalid);
  EXPECT_FAULT(readNpmManifest("{"), FaultKind::Invalid);
}

TEST(NpmLock, ReadsVersionsTwoAndThree) {
  EXPECT_THAT(must(readNpmLock(R"({"name": "app", "lockfileVersion": 3, "packages": {
                "": {"name": "app", "version": "9.9.9"},
                "node_modules/express": {"version": "4.18.2"},
                "node_modules/express/node_modules/debug": {"version": "2.6.9"},
                "node_modules/debug": {"version": "4.3.4"},
                "node_modules/again/node_modules/debug": {"version": "4.3.4"},
                "node_modules/alias": {"name": "real", "version": "1.0.0"},
                "node_modules/linked": {"link": true, "resolved": "packages/linked"},
                "packages/linked": {"version": "0.1.0"}}})")),
              ElementsAre(package("debug", "2.6.9"), package("debug", "4.3.4"), package("express", "4.18.2"),
                          package("real", "1.0.0")));
}

TEST(NpmLock, ReadsVersionOne) {
  EXPECT_THAT(must(readNpmLock(R"({"lockfileVersion": 1, "dependencies": {
                "express": {"version": "4.18.2", "dependencies": {"debug": {"version": "2.6.9"}}}, "odd": 5}})")),
              ElementsAre(package("debug", "2.6.9"), package("express", "4.18.2")));
}

// --- Python ---

TEST(PythonMetadata, ReadsTheHeaderAlone) {
  EXPECT_THAT(must(readPythonMetadata("Metadata-Version: 2.1\r\nName: Flask\r\nVersion: 3.0.0\r\nLicense: BSD\r\n"
                                      "\r\nName: not this\nVersion: 1\n")),
              ElementsAre(package("Flask", "3.0.0")));
  EXPECT_THAT(must(readPythonMetadata("Metadata-Version: 2.1\n")), IsEmpty());
}

}  // namespace
}  // namespace strata::analyzer
