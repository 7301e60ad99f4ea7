#include "tests/structure/made_up_tree.h"
#include "tests/structure/source_text.h"

#include <map>
#include <set>

namespace strata::structure {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// --- Downwards only ---

llvm::StringRef floorOf(llvm::StringRef path) {
  return path.take_until([](char c) { return c == '/'; });
}

std::optional<int> rankOf(llvm::StringRef folder) {
  for (const Floor& floor : kFloors)
    if (floor.folder == folder) return floor.rank;
  return std::nullopt;
}

/// Of the builder the analyzer reads the journal alone, and it neither runs nor fetches anything.
bool analyzerMayInclude(llvm::StringRef target) {
  return target.starts_with("builder/journal/") || target.starts_with("layerfs/") || target.starts_with("support/");
}

std::string wrongWith(const std::string& root, const Include& include) {
  llvm::StringRef from = floorOf(include.file), to = floorOf(include.target);
  std::string what = include.place() + " includes " + include.target;
  if (!std::filesystem::exists(root + "/" + include.target)) return what + ", which is no path from the root";
  if (!rankOf(to)) return what + ", which is outside the program's folders";
  if (from == to) return "";
  if (*rankOf(to) >= *rankOf(from)) return what + ", which is not below it";
  if (from == "analyzer" && !analyzerMayInclude(include.target)) return what + "; it may read builder/journal/ alone";
  return "";
}

Breaches wrongIncludes(const std::string& root) {
  Breaches breaches;
  for (const Include& include : programIncludes(root)) {
    if (!include.quoted) continue;
    if (std::string wrong = wrongWith(root, include); !wrong.empty()) breaches.push_back(wrong);
  }
  return breaches;
}

// --- No circles ---

using Arrows = std::map<std::string, std::set<std::string>>;

/// The part of `path` that stands for it inside `folder`: a sub-folder, or "." for the folder's own files.
std::string memberOf(llvm::StringRef folder, llvm::StringRef path) {
  path.consume_front(folder);
  path.consume_front("/");
  return path.contains('/') ? floorOf(path).str() : ".";
}

bool isInside(llvm::StringRef folder, llvm::StringRef path) {
  return folder.empty() || (path.starts_with(folder) && path.substr(folder.size()).starts_with("/"));
}

std::set<std::string> foldersOf(llvm::ArrayRef<Include> includes) {
  std::set<std::string> folders{""};
  for (const Include& include : includes)
    for (size_t slash = include.file.find('/'); slash != std::string::npos; slash = include.file.find('/', slash + 1))
      folders.insert(include.file.substr(0, slash));
  return folders;
}

Arrows arrowsInside(const std::string& folder, llvm::ArrayRef<Include> includes) {
  Arrows arrows;
  for (const Include& include : includes) {
    if (!include.quoted || !isInside(folder, include.file) || !isInside(folder, include.target)) continue;
    std::string from = memberOf(folder, include.file), to = memberOf(folder, include.target);
    if (from != to) arrows[from].insert(to);
  }
  return arrows;
}

void reach(const Arrows& arrows, const std::string& from, std::set<std::string>& reached) {
  auto found = arrows.find(from);
  if (found == arrows.end()) return;
  for (const std::string& to : found->second)
    if (reached.insert(to).second) reach(arrows, to, reached);
}

Breaches folderCircles(const std::string& root) {
  std::vector<Include> includes = programIncludes(root);
  Breaches breaches;
  for (const std::string& folder : foldersOf(includes)) {
    Arrows arrows = arrowsInside(folder, includes);
    std::string circle;
    for (const auto& [from, direct] : arrows) {
      std::set<std::string> reached;
      reach(arrows, from, reached);
      if (reached.count(from)) circle += " " + from;
    }
    if (!circle.empty()) breaches.push_back("inside " + (folder.empty() ? "the root" : folder) + ":" + circle);
  }
  return breaches;
}

// --- One door a library ---

/// Libraries that one source file alone may know. A door that is not built yet has no file at all.
constexpr llvm::StringRef kDoors[] = {"sqlite3.h", "curl/",  "archive.h", "archive_entry.h", "seccomp.h", "openssl/",
                                      "CLI/",      "zstd.h", "isa-l",     "xxhash.h",        "toml++/"};

Breaches wideDoors(const std::string& root) {
  std::map<llvm::StringRef, std::set<std::string>> users;
  for (const Include& include : programIncludes(root))
    for (llvm::StringRef library : kDoors)
      if (!include.quoted && llvm::StringRef(include.target).starts_with(library)) users[library].insert(include.file);
  Breaches breaches;
  for (const auto& [library, files] : users) {
    if (files.size() > 1) breaches.push_back(("<" + library + "> has doors: " + llvm::join(files, " ")).str());
    for (llvm::StringRef file : files)
      if (!file.ends_with(".cc")) breaches.push_back((file + " shows <" + library + "> to whoever includes it").str());
  }
  return breaches;
}

// --- This project ---

TEST(IncludesTest, IncludesGoOnlyDownwards) { EXPECT_THAT(wrongIncludes(STRATA_SOURCE_DIR), IsEmpty()); }
TEST(IncludesTest, NoTwoFoldersIncludeEachOther) { EXPECT_THAT(folderCircles(STRATA_SOURCE_DIR), IsEmpty()); }
TEST(IncludesTest, EachLibraryHasOneDoor) { EXPECT_THAT(wideDoors(STRATA_SOURCE_DIR), IsEmpty()); }

TEST(IncludesTest, EveryFloorHasSources) {
  for (const Floor& floor : kFloors)
    EXPECT_THAT(sourcesBelow(STRATA_SOURCE_DIR, floor.folder), ::testing::SizeIs(::testing::Gt(1u)));
}

// --- The rules themselves, on trees that break them ---

TEST(IncludesRuleTest, ATreeThatGoesDownwardsIsFine) {
  MadeUpTree tree;
  tree.with("support/a.h", "#include <string>\n").with("layerfs/b.cc", "#include \"support/a.h\"\n");
  EXPECT_THAT(wrongIncludes(tree.root()), IsEmpty());
}

TEST(IncludesRuleTest, AnIncludeUpwardsIsFoundWithItsLine) {
  MadeUpTree tree;
  tree.with("layerfs/b.h", "").with("support/a.cc", "// text\n #  include \"layerfs/b.h\"\n");
  EXPECT_THAT(wrongIncludes(tree.root()), ElementsAre("support/a.cc:2 includes layerfs/b.h, which is not below it"));
}

TEST(IncludesRuleTest, FloorsOfOneRankDoNotIncludeEachOther) {
  MadeUpTree tree;
  tree.with("runtime/a.h", "").with("registry/b.h", "#include \"runtime/a.h\"\n");
  EXPECT_THAT(wrongIncludes(tree.root()), ElementsAre(HasSubstr("not below it")));
}

TEST(IncludesRuleTest, TheAnalyzerReadsNothingOfTheBuilderButTheJournal) {
  MadeUpTree tree;
  tree.with("builder/journal/journal.h", "").with("builder/build.h", "");
  tree.with("analyzer/a.cc", "#include \"builder/journal/journal.h\"\n#include \"builder/build.h\"\n");
  EXPECT_THAT(wrongIncludes(tree.root()), ElementsAre(HasSubstr("a.cc:2 includes builder/build.h")));
}

TEST(IncludesRuleTest, AnIncludeThatIsNoPathFromTheRootIsFound) {
  MadeUpTree tree;
  tree.with("support/a.h", "").with("support/a.cc", "#include \"a.h\"\n");
  EXPECT_THAT(wrongIncludes(tree.root()), ElementsAre(HasSubstr("no path from the root")));
}

TEST(IncludesRuleTest, TheProgramDoesNotIncludeItsTests) {
  MadeUpTree tree;
  tree.with("tests/a.h", "").with("support/a.cc", "#include \"tests/a.h\"\n");
  EXPECT_THAT(wrongIncludes(tree.root()), ElementsAre(HasSubstr("outside the program's folders")));
}

TEST(IncludesRuleTest, ACircleOverThreeSubFoldersIsFound) {
  MadeUpTree tree;
  tree.with("builder/plan/a.h", "#include \"builder/copy/b.h\"\n");
  tree.with("builder/copy/b.h", "#include \"builder/cache/c.h\"\n");
  tree.with("builder/cache/c.h", "#include \"builder/plan/a.h\"\n");
  tree.with("builder/solve/d.h", "#include \"builder/plan/a.h\"\n");
  EXPECT_THAT(folderCircles(tree.root()), ElementsAre("inside builder: cache copy plan"));
}

TEST(IncludesRuleTest, AFoldersOwnFilesTakePartInCircles) {
  MadeUpTree tree;
  tree.with("builder/build.h", "#include \"builder/plan/a.h\"\n")
      .with("builder/plan/a.h", "#include \"builder/build.h\"\n");
  EXPECT_THAT(folderCircles(tree.root()), ElementsAre("inside builder: . plan"));
}

TEST(IncludesRuleTest, ACircleDeeperDownIsFound) {
  MadeUpTree tree;
  tree.with("cli/a/b/x.h", "#include \"cli/a/c/y.h\"\n").with("cli/a/c/y.h", "#include \"cli/a/b/x.h\"\n");
  EXPECT_THAT(folderCircles(tree.root()), ElementsAre("inside cli/a: b c"));
}

TEST(IncludesRuleTest, FoldersWithAlikeNamesAreNotTakenForEachOther) {
  MadeUpTree tree;
  tree.with("cli/a/x.h", "#include \"cli/ab/y.h\"\n").with("cli/ab/y.h", "#include <cli/a/x.h>\n");
  EXPECT_THAT(folderCircles(tree.root()), IsEmpty());
}

TEST(IncludesRuleTest, ASecondDoorToALibraryIsFound) {
  MadeUpTree tree;
  tree.with("support/a.cc", "#include <sqlite3.h>\n").with("builder/b.cc", "#include <sqlite3.h>\n");
  EXPECT_THAT(wideDoors(tree.root()), ElementsAre("<sqlite3.h> has doors: builder/b.cc support/a.cc"));
}

TEST(IncludesRuleTest, AHeaderThatShowsALibraryIsFound) {
  MadeUpTree tree;
  tree.with("support/a.h", "#include <openssl/evp.h>\n");
  EXPECT_THAT(wideDoors(tree.root()), ElementsAre("support/a.h shows <openssl/> to whoever includes it"));
}

}  // namespace

}  // namespace strata::structure
