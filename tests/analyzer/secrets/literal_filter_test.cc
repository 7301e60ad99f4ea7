#include "analyzer/secrets/literal_filter.h"

#include "tests/support/testing.h"

#include <random>

namespace strata::analyzer {
namespace {

using Hits = std::vector<std::pair<size_t, size_t>>;

Hits found(llvm::ArrayRef<llvm::StringRef> literals, llvm::StringRef text, size_t from = 0, size_t to = SIZE_MAX) {
  Hits hits;
  LiteralFilter(literals).find(text, from, to, [&](size_t position, size_t literal) {
    hits.push_back({position, literal});
    return position + 1;
  });
  return hits;
}

TEST(LiteralFilter, FindsEveryLiteralAtEveryPlace) {
  EXPECT_EQ(found({"abcd", "bcd", "zzzzz"}, "abcdabcd"), (Hits{{0, 0}, {1, 1}, {4, 0}, {5, 1}}));
  EXPECT_EQ(found({"abcd"}, ""), Hits{});
  EXPECT_EQ(found({"abcd"}, "abc"), Hits{});
  EXPECT_EQ(found({"://"}, "x://"), (Hits{{1, 0}}));
}

TEST(LiteralFilter, LooksWithinTheBoundsAlone) {
  EXPECT_EQ(found({"abcd"}, "abcdabcdabcd", 1, 8), (Hits{{4, 0}}));
  EXPECT_EQ(found({"abcd"}, "abcdabcdabcd", 4, 5), (Hits{{4, 0}}));
}

TEST(LiteralFilter, GoesOnWhereTheVisitorSays) {
  size_t calls = 0;
  std::vector<llvm::StringRef> literals{"aaaa"};
  LiteralFilter(literals).find("aaaaaaaa", 0, 8, [&](size_t position, size_t) {
    ++calls;
    return position + 4;
  });
  EXPECT_EQ(calls, 2u);
}

TEST(LiteralFilter, AgreesWithLookingForEachAlone) {
  std::mt19937 random(7);
  std::vector<llvm::StringRef> literals{"abc", "abab", "baab", "cccc", "abcab", "bca"};
  for (int round = 0; round < 300; ++round) {
    std::string text;
    for (size_t size = random() % 60; text.size() < size;) text += char('a' + random() % 3);
    Hits wanted;
    for (size_t at = 0; at < text.size(); ++at)
      for (size_t number = 0; number < literals.size(); ++number)
        if (llvm::StringRef(text).substr(at).starts_with(literals[number])) wanted.push_back({at, number});
    Hits hits = found(literals, text);
    std::sort(hits.begin(), hits.end());
    ASSERT_EQ(hits, wanted) << text;
  }
}

}  // namespace
}  // namespace strata::analyzer
