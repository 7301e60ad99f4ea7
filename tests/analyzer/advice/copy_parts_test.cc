#include "analyzer/advice/copy_parts.h"

#include "tests/support/testing.h"

namespace strata::analyzer {
namespace {

using ::testing::ElementsAre;

CopyLine parsed(llvm::StringRef line) {
  auto copy = CopyLine::parse(line);
  EXPECT_TRUE(copy) << line.str();
  return copy.value_or(CopyLine());
}

TEST(CopyLine, PlainOnesAreUnderstood) {
  CopyLine copy = parsed("  copy --chown=app:app\t./web/ $APP");
  EXPECT_EQ(copy.head, "copy --chown=app:app");
  EXPECT_EQ(copy.source, "web");
  EXPECT_EQ(copy.destination, "$APP/");
  EXPECT_EQ(parsed("COPY . .").destination, "./");
  EXPECT_EQ(parsed("COPY / /").destination, "/");
}

TEST(CopyLine, OthersAreNot) {
  for (const char* line : {"COPY a b c", "COPY .", "COPY [\".\", \".\"]", "COPY \"a\" b", "COPY * .", "COPY $A .",
                           "COPY . \\", "COPY --from=x . .", "COPY --link . .", "COPY --exclude=a . .",
                           "COPY --chmod=755 . .", "COPY <<E /", "ADD . ."})
    EXPECT_FALSE(CopyLine::parse(line)) << line;
}

TEST(CopyParts, FilesOfADirectoryShareALine) {
  CopyParts parts;
  for (const char* file : {"b", "d/e/x", "a", "d/e/y"}) parts.addFile(file);
  parts.addDirectory("c/d");
  ASSERT_TRUE(parts.simplify());
  EXPECT_THAT(
      parts.lines(parsed("COPY --chown=1 . /app")),
      ElementsAre("COPY --chown=1 b a /app/", "COPY --chown=1 d/e/x d/e/y /app/d/e/", "COPY --chown=1 c/d /app/c/d/"));
  EXPECT_THAT(parts.lines(parsed("COPY web .")),
              ElementsAre("COPY web/b web/a ./", "COPY web/d/e/x web/d/e/y ./d/e/", "COPY web/c/d ./c/d/"));
  EXPECT_TRUE(parts.holds("c/d/inside"));
  EXPECT_FALSE(parts.holds("c/d.txt"));
  EXPECT_TRUE(parts.leadsTo("d"));
  EXPECT_FALSE(parts.leadsTo("d/e/x"));
}

TEST(CopyParts, ADirectoryHoldsWhatIsInIt) {
  CopyParts parts;
  parts.addFile("a/b");
  parts.addFile("ab");
  parts.addDirectory("a");
  parts.addFile("a/c");
  EXPECT_THAT(parts.paths(), ElementsAre("ab", "a"));
}

TEST(CopyParts, ManyBecomeTheDirectoriesOfTheTop) {
  CopyParts parts;
  parts.addFile("package.json");
  for (int i = 0; i < 30; ++i) parts.addFile("packages/" + std::to_string(i) + "/package.json");
  ASSERT_TRUE(parts.simplify());
  EXPECT_THAT(parts.paths(), ElementsAre("package.json", "packages"));
}

TEST(CopyParts, SomeCannotBeSaid) {
  CopyParts many;
  for (int i = 0; i < 30; ++i) many.addFile("file" + std::to_string(i));
  EXPECT_FALSE(many.simplify()) << "too many names";
  for (const char* name : {"two words", "a*", "$a", "-a", "a\nb", "\"a\""}) {
    CopyParts parts;
    parts.addFile(name);
    EXPECT_FALSE(parts.simplify()) << name;
  }
}

}  // namespace
}  // namespace strata::analyzer
