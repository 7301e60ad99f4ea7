#include "analyzer/image/waste.h"

#include "tests/analyzer/image/image_layers.h"

namespace strata::analyzer {
namespace {

using layerfs::EntryKind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr size_t kLarge = 10'000;

class WasteTest : public ImageLayersTest {
protected:
  /// The only finding that there is.
  WasteFinding only(const ImageReport& seen) {
    EXPECT_EQ(seen.waste.findings.size(), 1u);
    if (seen.waste.findings.empty()) return {};
    EXPECT_EQ(seen.waste.bytes, seen.waste.findings[0].bytes);
    EXPECT_EQ(seen.waste.files, seen.waste.findings[0].files);
    return seen.waste.findings[0];
  }
  std::vector<std::string> paths(const WasteFinding& finding) {
    std::vector<std::string> all;
    for (const WastedPath& wasted : finding.paths) all.push_back(wasted.path);
    return all;
  }
};

TEST_F(WasteTest, AnImageWithoutWasteHasNoFinding) {
  ImageReport seen = report({{"one", {file("a", kLarge), file("b", kLarge, 'y')}}, {"two", {file("c", 9)}}});
  EXPECT_THAT(seen.waste.findings, IsEmpty());
  EXPECT_EQ(seen.waste.bytes, 0u);
}

TEST_F(WasteTest, FilesThatALaterLayerDeletes) {
  ImageReport seen = report({{"RUN make", {directory("src"), file("src/a", 30), file("src/b", 12), file("keep", 5)}},
                             {"RUN rm -r /src", {removed("src")}}});
  WasteFinding finding = only(seen);
  EXPECT_EQ(finding.cause, WasteCause::DeletedLater);
  EXPECT_EQ(finding.layer, 0u);
  EXPECT_EQ(finding.other, std::optional(1u));
  EXPECT_EQ(finding.bytes, 42u);
  EXPECT_THAT(paths(finding), ElementsAre("src/a", "src/b"));
  EXPECT_THAT(finding.hint, HasSubstr("remove it in layer 1, RUN make"));
}

TEST_F(WasteTest, FilesThatALaterLayerOverwrites) {
  ImageReport seen = report({{"COPY a /", {file("a", 30), file("b", 7)}}, {"RUN edit /a", {file("a", 31)}}});
  WasteFinding finding = only(seen);
  EXPECT_EQ(finding.cause, WasteCause::OverwrittenLater);
  EXPECT_EQ(finding.layer, 0u);
  EXPECT_EQ(finding.other, std::optional(1u));
  EXPECT_EQ(finding.bytes, 30u);
  EXPECT_THAT(finding.hint, HasSubstr("layer 2, RUN edit /a"));
}

TEST_F(WasteTest, FilesOfEqualSizeAndOtherContentAreOverwritten) {
  ImageReport seen = report({{"one", {file("a", kLarge)}}, {"two", {file("a", kLarge, 'y')}}});
  EXPECT_EQ(only(seen).cause, WasteCause::OverwrittenLater);
  // The beginnings alike, the end not.
  std::string end(kLarge, 'x');
  end.back() = 'y';
  seen = report({{"one", {file("a", kLarge)}}, {"two", {file("a", end)}}});
  EXPECT_EQ(only(seen).cause, WasteCause::OverwrittenLater);
}

TEST_F(WasteTest, ARecursiveChownNamesTheCopyThatWouldAvoidIt) {
  ImageReport seen =
      report({{"COPY . /app", {directory("app"), file("app/a", 30, 'a'), file("app/b", kLarge, 'b')}},
              {"RUN chown -R 5:5 /app", {directory("app"), file("app/a", 30, 'a', 5), file("app/b", kLarge, 'b', 5)}}});
  WasteFinding finding = only(seen);
  EXPECT_EQ(finding.cause, WasteCause::MetadataOnly);
  EXPECT_EQ(finding.layer, 1u);
  EXPECT_EQ(finding.other, std::optional(0u));
  EXPECT_EQ(finding.bytes, kLarge + 30);
  EXPECT_TRUE(finding.ownerChanged);
  EXPECT_FALSE(finding.modeChanged);
  EXPECT_EQ(finding.hint, "COPY --chown=5:5 in layer 1, COPY . /app saves this copy");
  EXPECT_EQ(seen.layers[1].counts.metadata, 2u);
  EXPECT_EQ(seen.layers[1].counts.modified, 0u);
}

TEST_F(WasteTest, AChmodNamesTheModeWhereAllFilesHaveOne) {
  ImageReport seen = report({{"ADD a b /", {file("a", 30), file("b", 40)}},
                             {"RUN chmod 755 /a /b", {file("a", 30, 'x', 0, 0755), file("b", 40, 'x', 0, 0755)}}});
  EXPECT_EQ(only(seen).hint, "ADD --chmod=0755 in layer 1, ADD a b / saves this copy");
  seen = report({{"RUN make", {file("a", 30), file("b", 40)}},
                 {"RUN chmod +x /a; chmod 700 /b", {file("a", 30, 'x', 0, 0755), file("b", 40, 'x', 0, 0700)}}});
  EXPECT_FALSE(only(seen).mode.has_value());
  EXPECT_EQ(only(seen).hint, "do it in layer 1, RUN make, which makes the files");
}

TEST_F(WasteTest, TheSameContentAtTwoPathsOfALayer) {
  ImageReport seen = report({{"one", {file("a", kLarge), file("b", kLarge), file("c", kLarge, 'y')}}});
  WasteFinding finding = only(seen);
  EXPECT_EQ(finding.cause, WasteCause::Duplicate);
  EXPECT_EQ(finding.layer, 0u);
  EXPECT_EQ(finding.other, std::optional(0u));
  EXPECT_EQ(finding.bytes, kLarge);
  EXPECT_THAT(paths(finding), ElementsAre("b"));
  EXPECT_EQ(finding.equalTo, "a");
  EXPECT_EQ(finding.hint, "link to /a");
}

TEST_F(WasteTest, TheSameContentInTwoLayers) {
  ImageReport seen = report({{"COPY a /", {file("z", kLarge)}}, {"COPY b /", {file("b", kLarge)}}});
  WasteFinding finding = only(seen);
  EXPECT_EQ(finding.cause, WasteCause::Duplicate);
  EXPECT_EQ(finding.layer, 1u);
  EXPECT_EQ(finding.other, std::optional(0u));
  EXPECT_THAT(paths(finding), ElementsAre("b"));
  EXPECT_EQ(finding.hint, "link to /z of layer 1, COPY a /");
}

TEST_F(WasteTest, TheContentThatCameFirstIsTheOneToKeepThoughALaterLayerRewroteItsOwner) {
  ImageReport seen = report({{"COPY a /", {file("a", 3000, 'a')}},
                             {"COPY b /", {file("b", 3000, 'a')}},
                             {"RUN chown 5 /a", {file("a", 3000, 'a', 5)}}});
  const WasteFinding* duplicate = nullptr;
  for (const WasteFinding& finding : seen.waste.findings)
    if (finding.cause == WasteCause::Duplicate) duplicate = &finding;
  ASSERT_NE(duplicate, nullptr);
  EXPECT_EQ(duplicate->layer, 1u);
  EXPECT_EQ(duplicate->other, std::optional(0u));
  EXPECT_THAT(paths(*duplicate), ElementsAre("b"));
  EXPECT_EQ(duplicate->equalTo, "a");
}

TEST_F(WasteTest, HardLinksAndTinyFilesAreNoDuplicates) {
  ImageReport seen = report(
      {{"one", {file("a", kLarge), other("b", EntryKind::Hardlink, "a"), file("t1", 100, 't'), file("t2", 100, 't')}}});
  EXPECT_THAT(seen.waste.findings, IsEmpty());
}

TEST_F(WasteTest, AFileStaysAsLongAsOneOfItsNamesDoes) {
  MadeLayer linked = {file("a", kLarge), other("b", EntryKind::Hardlink, "a")};
  EXPECT_THAT(report({{"one", linked}, {"two", {removed("a")}}}).waste.findings, IsEmpty());
  EXPECT_THAT(report({{"one", linked}, {"two", {removed("b")}}}).waste.findings, IsEmpty());
  EXPECT_EQ(only(report({{"one", linked}, {"two", {removed("a"), removed("b")}}})).bytes, kLarge);
}

TEST_F(WasteTest, LeftoversOfEachKind) {
  struct Case {
    const char* path;
    WasteCause cause;
    const char *what, *hint;
  };
  for (const Case& one : {Case{"var/lib/apt/lists/deb_main", WasteCause::PackageCache, "apt lists", "type=cache"},
                          Case{"var/cache/apt/archives/x.deb", WasteCause::PackageCache, "apt archives", "type=cache"},
                          Case{"var/cache/apk/APKINDEX", WasteCause::PackageCache, "apk cache", "--no-cache"},
                          Case{"var/cache/dnf/x", WasteCause::PackageCache, "dnf cache", "dnf clean"},
                          Case{"root/.cache/pip/http/a", WasteCause::PackageCache, "pip cache", "--no-cache-dir"},
                          Case{"home/me/.npm/_cacache/i", WasteCause::PackageCache, "npm cache", "npm cache clean"},
                          Case{"usr/local/cargo/registry/c", WasteCause::PackageCache, "cargo registry", "type=cache"},
                          Case{"root/.cache/go-build/0", WasteCause::PackageCache, "go build cache", "type=cache"},
                          Case{"app/.git/objects/p", WasteCause::VersionControl, "git history", ".dockerignore"},
                          Case{"var/log/dpkg.log", WasteCause::Log, "logs", "remove it"},
                          Case{"app/.main.c.swp", WasteCause::Dropping, "editor files", ".dockerignore"},
                          Case{"tmp/build.o", WasteCause::Dropping, "temporary files", "tmpfs"},
                          Case{"app/node_modules/.cache/x", WasteCause::PackageCache, "caches of node tools", "cache"},
                          Case{"app/run.log", WasteCause::Log, "logs", ".dockerignore"},
                          Case{"app/#main.c#", WasteCause::Dropping, "editor files", ".dockerignore"},
                          Case{"app/main.c.bak", WasteCause::Dropping, "backups of editors", ".dockerignore"},
                          Case{"app/core", WasteCause::Dropping, "core dumps", "tmpfs"},
                          Case{"app/__pycache__/m.pyc", WasteCause::Dropping, "compiled Python", "BYTECODE"},
                          Case{"app/htmlcov/i.html", WasteCause::Dropping, "coverage data", ".dockerignore"},
                          Case{"app/coverage/lcov.info", WasteCause::Dropping, "coverage data", ".dockerignore"},
                          Case{"app/.pytest_cache/v", WasteCause::Dropping, "test cache", ".dockerignore"}}) {
    ImageReport seen = report({{"RUN it", {file(one.path, 77), file("app/kept", 5)}}});
    WasteFinding finding = only(seen);
    EXPECT_EQ(finding.cause, one.cause) << one.path;
    EXPECT_EQ(finding.what, one.what);
    EXPECT_EQ(finding.bytes, 77u);
    EXPECT_THAT(finding.hint, HasSubstr(one.hint));
    EXPECT_THAT(paths(finding), ElementsAre(one.path));
  }
}

TEST_F(WasteTest, WhatOnlyLooksLikeALeftoverIsNone) {
  ImageReport seen = report(
      {{"RUN it",
        {file("srv/var/lib/apt/lists/x", 9), file("app/.gitignore", 9), file("app/pip", 9), file("opt/cache/pip", 9),
         file("app/tmp/x", 9), file("app/catalog", 9), file("~", 9), file("usr/lib/python3/__pycache__/os.pyc", 9),
         file("app/#", 9), file("app/site-packages/m/__pycache__/m.pyc", 9), file("app/core/main.c", 9),
         file("bin/core", 9, 'x', 0, 0755), file("app/coverage/main.c", 9)}}});
  EXPECT_THAT(seen.waste.findings, IsEmpty());
}

TEST_F(WasteTest, AFileThatIsWastedForTwoReasonsCountsOnce) {
  // A leftover, a copy of another leftover, and deleted later.
  ImageReport seen =
      report({{"RUN apt-get update", {file("var/lib/apt/lists/a", kLarge), file("var/lib/apt/lists/b", kLarge)}},
              {"RUN rm /var/lib/apt/lists/a", {removed("var/lib/apt/lists/a")}}});
  EXPECT_EQ(seen.waste.bytes, 2 * kLarge);
  EXPECT_EQ(seen.waste.files, 2u);
  // Written, chowned, deleted: both copies, each once.
  seen = report({{"one", {file("a", 100)}}, {"two", {file("a", 100, 'x', 5)}}, {"three", {removed("a")}}});
  EXPECT_EQ(seen.waste.bytes, 200u);
  ASSERT_EQ(seen.waste.findings.size(), 2u);
}

TEST_F(WasteTest, FindingsComeWithTheMostBytesFirst) {
  ImageReport seen = report({{"one", {file("var/log/l", 10), file("tmp/t", 30), file("app/.git/x", 20)}}});
  ASSERT_EQ(seen.waste.findings.size(), 3u);
  EXPECT_EQ(seen.waste.findings[0].bytes, 30u);
  EXPECT_EQ(seen.waste.findings[2].bytes, 10u);
  EXPECT_EQ(seen.waste.bytes, 60u);
}

}  // namespace
}  // namespace strata::analyzer
