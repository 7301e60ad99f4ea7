#include "analyzer/diff/package_diff.h"

#include "tests/analyzer/diff/diffed_images.h"
#include "tests/analyzer/packages/rpm_samples.h"

namespace strata::analyzer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> linesOf(const std::vector<PackageChange>& changes) {
  std::vector<std::string> lines;
  for (const PackageChange& change : changes) {
    std::string line = nameOf(change.database).str() + " " + nameOf(change.kind).str() + " " + change.name;
    if (change.before) line += " " + change.before->version;
    if (change.after) line += " -> " + change.after->version;
    lines.push_back(line + (change.where.empty() ? "" : " in " + change.where));
  }
  return lines;
}

class PackageDiffTest : public ImageDiffTest {
protected:
  std::vector<std::string> packages(MadeLayer before, MadeLayer after) {
    History from = {{"1", std::move(before)}}, to = {{"1", std::move(after)}};
    ImageDiff here = diff(from, to);
    unread_ = here.packages.unread;
    auto lines = linesOf(here.packages.changes);
    ImageDiff there = streamedDiff(from, to);
    EXPECT_EQ(lines, linesOf(there.packages.changes));
    EXPECT_EQ(unread_, there.packages.unread);
    return lines;
  }
  std::vector<std::string> unread_;
};

std::string dpkg(const std::string& name, const std::string& version, const std::string& architecture = "amd64") {
  return "Package: " + name + "\nStatus: install ok installed\nInstalled-Size: 10\nArchitecture: " + architecture +
         "\nVersion: " + version + "\n\n";
}

TEST_F(PackageDiffTest, DpkgSaysWhichWayByItsOwnRules) {
  EXPECT_THAT(packages({file("var/lib/dpkg/status",
                             dpkg("up", "1.0~rc1") + dpkg("down", "1:1") + dpkg("same", "1") + dpkg("gone", "3"))},
                       {file("var/lib/dpkg/status",
                             dpkg("same", "1") + dpkg("up", "1.0") + dpkg("down", "2") + dpkg("new", "4"))}),
              ElementsAre("dpkg downgraded down 1:1 -> 2", "dpkg removed gone 3", "dpkg added new -> 4",
                          "dpkg upgraded up 1.0~rc1 -> 1.0"));
}

TEST_F(PackageDiffTest, DistrolessFilesOfOnePackageEach) {
  EXPECT_THAT(packages({file("var/lib/dpkg/status.d/base", dpkg("base-files", "12.4"))},
                       {file("var/lib/dpkg/status.d/base", dpkg("base-files", "12.5")),
                        file("var/lib/dpkg/status.d/tzdata", dpkg("tzdata", "2024a"))}),
              ElementsAre("dpkg upgraded base-files 12.4 -> 12.5", "dpkg added tzdata -> 2024a"));
}

TEST_F(PackageDiffTest, Apk) {
  EXPECT_THAT(packages({file("lib/apk/db/installed", "P:musl\nV:1.2.4-r9\n\nP:zlib\nV:1.3-r0\n\n")},
                       {file("lib/apk/db/installed", "P:musl\nV:1.2.4-r10\n\n")}),
              ElementsAre("apk upgraded musl 1.2.4-r9 -> 1.2.4-r10", "apk removed zlib 1.3-r0"));
}

TEST_F(PackageDiffTest, RpmOfSqlite) {
  auto database = [&](const char* name, const std::string& release) {
    return rpmDatabase(joinPath(dir_.path(), name), {{.name = "bash", .version = "5.1.8", .release = release}});
  };
  std::string path = "var/lib/rpm/rpmdb.sqlite";
  EXPECT_THAT(packages({file(path, database("one", "6.el9"))}, {file(path, database("two", "10.el9"))}),
              ElementsAre("rpm upgraded bash 5.1.8-6.el9 -> 5.1.8-10.el9"));
}

TEST_F(PackageDiffTest, RpmOfOlderFormatsIsSaidNotToBeRead) {
  EXPECT_THAT(packages({file("var/lib/rpm/Packages", "one")}, {file("var/lib/rpm/Packages", "two")}), IsEmpty());
  EXPECT_THAT(unread_, ElementsAre("/var/lib/rpm/Packages not read: rpm's Berkeley DB format is not read"));
  // One side is not known: then nothing is said of the other's packages either.
  std::string bytes = rpmDatabase(joinPath(dir_.path(), "db"), {{.name = "bash", .version = "1", .release = "1"}});
  EXPECT_THAT(packages({file("var/lib/rpm/Packages.db", "one")}, {file("var/lib/rpm/rpmdb.sqlite", bytes)}), IsEmpty());
  EXPECT_THAT(unread_, ElementsAre("/var/lib/rpm/Packages.db not read: rpm's ndb format is not read"));
}

MadeFile npm(const std::string& path, const std::string& name, const std::string& version) {
  return file(path + "/package.json", R"({"name": ")" + name + R"(", "version": ")" + version + R"("})");
}

TEST_F(PackageDiffTest, NpmAtTheTopOfAProject) {
  EXPECT_THAT(
      packages({npm("app/node_modules/a", "a", "1.9.0"), npm("app/node_modules/a/node_modules/deep", "deep", "1.0.0"),
                npm("app/node_modules/@s/b", "@s/b", "1.0.0")},
               {npm("app/node_modules/a", "a", "1.10.0"), npm("app/node_modules/a/node_modules/deep", "deep", "2.0.0"),
                npm("app/node_modules/@s/b", "@s/b", "1.0.0"), npm("app/node_modules/c", "c", "0.1.0")}),
      ElementsAre("npm upgraded a 1.9.0 -> 1.10.0 in app", "npm added c -> 0.1.0 in app"));
}

TEST_F(PackageDiffTest, NpmsOwnListTellsOfNestedPackages) {
  auto list = [](const std::string& version) {
    return file("app/node_modules/.package-lock.json",
                R"({"packages": {"node_modules/a": {"version": "1.0.0"},
                    "node_modules/a/node_modules/deep": {"version": ")" +
                    version + R"("}}})");
  };
  EXPECT_THAT(packages({list("1.0.0"), npm("app/node_modules/a", "a", "1.0.0")},
                       {list("2.0.0"), npm("app/node_modules/a", "a", "9.0.0")}),
              ElementsAre("npm upgraded deep 1.0.0 -> 2.0.0 in app"));
}

TEST_F(PackageDiffTest, ALockCountsOnlyWhereNothingIsInstalled) {
  auto lock = [](const std::string& version) {
    return file("app/package-lock.json", R"({"packages": {"node_modules/a": {"version": ")" + version + R"("}}})");
  };
  EXPECT_THAT(packages({lock("1.0.0")}, {lock("1.0.1")}), ElementsAre("npm upgraded a 1.0.0 -> 1.0.1 in app"));
  EXPECT_THAT(packages({lock("1.0.0"), npm("app/node_modules/a", "a", "1.0.0")},
                       {lock("1.0.1"), npm("app/node_modules/a", "a", "1.0.0")}),
              IsEmpty());
}

TEST_F(PackageDiffTest, PythonByNormalisedNameInAnyPython) {
  auto info = [](const std::string& folder, const std::string& name, const std::string& version) {
    return file(folder + "/METADATA", "Metadata-Version: 2.1\nName: " + name + "\nVersion: " + version + "\n\ntext");
  };
  EXPECT_THAT(packages({info("usr/lib/python3.11/site-packages/Foo_Bar-1.0.dist-info", "Foo_Bar", "1.0"),
                        info("usr/lib/python3.11/site-packages/six-1.0.dist-info", "six", "1.0")},
                       {info("usr/lib/python3.12/site-packages/foo_bar-1.0.post1.dist-info", "foo-bar", "1.0.post1"),
                        info("usr/lib/python3.12/site-packages/six-1.0.dist-info", "six", "1.0")}),
              ElementsAre("python upgraded foo-bar 1.0 -> 1.0.post1 in usr/lib/python3/site-packages"));
}

TEST_F(PackageDiffTest, AFileThatIsNoneSaysSo) {
  EXPECT_THAT(packages({npm("app/node_modules/a", "a", "1.0.0")},
                       {npm("app/node_modules/a", "a", "2.0.0"), file("app/node_modules/b/package.json", "{")}),
              ElementsAre("npm upgraded a 1.0.0 -> 2.0.0 in app"));
  ASSERT_EQ(unread_.size(), 1u);
  EXPECT_THAT(unread_[0], ::testing::HasSubstr("/app/node_modules/b/package.json not read: "));
}

Package versioned(std::string version, std::string architecture = {}) {
  return {.name = "p", .version = std::move(version), .architecture = std::move(architecture), .bytes = {}};
}

TEST(ComparePackages, SeveralVersionsOfOnePackage) {
  EXPECT_THAT(linesOf(comparePackages(PackageKind::Npm, "", {versioned("1.0.0"), versioned("2.0.0")},
                                      {versioned("2.0.0"), versioned("3.0.0"), versioned("4.0.0")})),
              ElementsAre("npm upgraded p 1.0.0 -> 3.0.0", "npm added p -> 4.0.0"));
}

TEST(ComparePackages, ArchitecturesArePairedFirst) {
  EXPECT_THAT(linesOf(comparePackages(PackageKind::Dpkg, "", {versioned("1", "amd64"), versioned("1", "i386")},
                                      {versioned("3", "i386"), versioned("2", "amd64")})),
              ElementsAre("dpkg upgraded p 1 -> 2", "dpkg upgraded p 1 -> 3"));
  EXPECT_THAT(linesOf(comparePackages(PackageKind::Dpkg, "", {versioned("1", "amd64")}, {versioned("1", "arm64")})),
              ElementsAre("dpkg changed p 1 -> 1"));
}

TEST(ComparePackages, VersionsOfNoOrderHaveJustChanged) {
  EXPECT_THAT(linesOf(comparePackages(PackageKind::Npm, "", {versioned("latest")}, {versioned("1.0.0")})),
              ElementsAre("npm changed p latest -> 1.0.0"));
}

}  // namespace
}  // namespace strata::analyzer
