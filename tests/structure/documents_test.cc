#include "tests/structure/made_up_tree.h"
#include "tests/structure/source_text.h"

#include <regex>
#include <set>

namespace strata::structure {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> matchesOf(const std::string& pattern, const std::string& text) {
  std::vector<std::string> found;
  std::regex regex(pattern);
  for (std::sregex_iterator match(text.begin(), text.end(), regex), end; match != end; ++match)
    found.push_back((*match)[1]);
  return found;
}

// --- The walk of ARCHITECTURE.md ---

/// The text under the heading, up to the next one of its level.
std::string sectionOf(llvm::StringRef text, llvm::StringRef heading) {
  auto [before, after] = text.split(("\n## " + heading + "\n").str());
  return after.split("\n## ").first.str();
}

std::string walkOf(const std::string& root) {
  return sectionOf(textOf(root + "/ARCHITECTURE.md"), "One build, step by step");
}

/// Functions and types: `makePlan`, `Solver::run`. Commands and texts in backticks have other characters.
std::vector<std::string> namesIn(const std::string& walk) { return matchesOf("`([A-Za-z_]\\w*(?:::\\w+)*)`", walk); }

/// Paths of files: builder/build.cc.
std::vector<std::string> pathsIn(const std::string& walk) {
  return matchesOf("\\b((?:\\w+/)+\\w+\\.(?:cc|h))\\b", walk);
}

bool isWordCharacter(char c) { return llvm::isAlnum(c) || c == '_'; }

/// Whether `word` stands in `text` as a whole word.
bool hasWord(llvm::StringRef text, llvm::StringRef word) {
  for (size_t at = text.find(word); at != llvm::StringRef::npos; at = text.find(word, at + 1)) {
    llvm::StringRef before = text.take_front(at), after = text.drop_front(at + word.size());
    if ((before.empty() || !isWordCharacter(before.back())) && (after.empty() || !isWordCharacter(after.front())))
      return true;
  }
  return false;
}

/// Whether one file has every part of the name: a class and its member stand in the same header.
bool isNamed(llvm::ArrayRef<std::string> sources, llvm::StringRef name) {
  llvm::SmallVector<llvm::StringRef> parts;
  name.split(parts, "::");
  return llvm::any_of(sources, [&](const std::string& text) {
    return llvm::all_of(parts, [&](llvm::StringRef part) { return hasWord(text, part); });
  });
}

Breaches walkedNamesThatAreNot(const std::string& root) {
  std::vector<std::string> sources;
  for (const std::string& file : programSources(root)) sources.push_back(textOf(root + "/" + file));
  std::string walk = walkOf(root);
  Breaches breaches;
  for (const std::string& name : namesIn(walk))
    if (!isNamed(sources, name)) breaches.push_back("no source has " + name);
  for (const std::string& path : pathsIn(walk))
    if (!std::filesystem::exists(root + "/" + path)) breaches.push_back("no file " + path);
  return breaches;
}

TEST(DocumentsTest, EveryNameOfTheWalkThroughABuildCanBeFound) {
  EXPECT_THAT(namesIn(walkOf(STRATA_SOURCE_DIR)), SizeIs(::testing::Gt(15u)));
  EXPECT_THAT(walkedNamesThatAreNot(STRATA_SOURCE_DIR), IsEmpty());
}

TEST(DocumentsRuleTest, ANameThatTheSourcesLackIsFound) {
  MadeUpTree tree;
  tree.with("support/a.h", "class Solver {\n  void runs();\n};\nvoid makePlan();\n")
      .with("support/b.h", "void stop();\n");
  tree.with("ARCHITECTURE.md",
            "# A\n`elsewhere`\n\n## One build, step by step\n\n`strata build .` calls `makePlan` (support/a.h), "
            "`Solver::run`, `Solver::stop`, `Solver::runs` (support/c.h).\n\n## Next\n`gone`\n");
  EXPECT_THAT(walkedNamesThatAreNot(tree.root()),
              ElementsAre("no source has Solver::run", "no source has Solver::stop", "no file support/c.h"));
}

// --- docs/dependencies.md ---

/// What CMake looks for: packages, static libraries, pkg-config modules, headers of libraries loaded at first use.
std::set<std::string> librariesOf(const std::string& root) {
  std::set<std::string> libraries;
  for (const char* file : {"cmake/StrataDependencies.cmake", "tests/CMakeLists.txt", "bench/CMakeLists.txt"}) {
    std::string text = textOf(root + "/" + file);
    for (const char* call : {"find_package", "strata_static", "pkg_check_modules", "find_path", "find_file"})
      for (const std::string& name : matchesOf("(?:^|\n)" + std::string(call) + "\\((\\w+)", text))
        libraries.insert(name);
  }
  return libraries;
}

/// Libraries without a row of their own (| `name` | ...) in the table.
Breaches undocumentedLibraries(const std::string& root) {
  std::string document = textOf(root + "/docs/dependencies.md");
  Breaches breaches;
  for (const std::string& library : librariesOf(root))
    if (!std::regex_search(document, std::regex("\n\\|[^\n|]*\\|[^\n|]*`" + library + "`[^\n|]*\\|")))
      breaches.push_back(library);
  return breaches;
}

TEST(DocumentsTest, EveryLibraryThatCMakeLooksForHasItsReason) {
  EXPECT_THAT(librariesOf(STRATA_SOURCE_DIR), SizeIs(::testing::Gt(10u)));
  EXPECT_THAT(undocumentedLibraries(STRATA_SOURCE_DIR), IsEmpty());
}

TEST(DocumentsRuleTest, ALibraryWithoutARowIsFound) {
  MadeUpTree tree;
  tree.with(
      "cmake/StrataDependencies.cmake",
      "find_package(LLVM 19.1)\nstrata_static(zstd zstd)\npkg_check_modules(ISAL REQUIRED IMPORTED_TARGET libisal)\n"
      "find_path(CURL_INCLUDE curl/curl.h REQUIRED)\n");
  tree.with("docs/dependencies.md", "\n| what | in CMake |\n| LLVM | `LLVM` | reason: `zstd` |\n");
  EXPECT_THAT(undocumentedLibraries(tree.root()), ElementsAre("CURL_INCLUDE", "ISAL", "zstd"));
}

}  // namespace

}  // namespace strata::structure
