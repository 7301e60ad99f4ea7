#include "support/text.h"

#include "tests/support/testing.h"

namespace strata::testing {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

TEST(HumanSize, IsDockers) {
  const std::pair<uint64_t, const char*> known[] = {{0, "0B"},
                                                    {1, "1B"},
                                                    {999, "999B"},
                                                    {1000, "1kB"},
                                                    {1024, "1.02kB"},
                                                    {1500, "1.5kB"},
                                                    {72'800'000, "72.8MB"},
                                                    {187'654'321, "188MB"},
                                                    {13'256, "13.3kB"},
                                                    {999'400, "999kB"},
                                                    {1'234'567'890, "1.23GB"},
                                                    {5'000'000'000'000, "5TB"}};
  for (auto [bytes, text] : known) EXPECT_EQ(humanSize(bytes), text);
}

TEST(HumanSize, NeverSaysAThousandOfAUnit) {
  EXPECT_EQ(humanSize(999'999), "1MB");
  EXPECT_EQ(humanSize(999'500'000), "1GB");
  EXPECT_EQ(humanSize(UINT64_MAX), "18.4EB");
}

TEST(HumanDuration, GrowsCoarserWithLength) {
  auto said = [](double seconds) { return humanDuration(std::chrono::nanoseconds(int64_t(seconds * 1e9))); };
  EXPECT_EQ(said(0), "0.0s");
  EXPECT_EQ(said(0.31), "0.3s");
  EXPECT_EQ(said(59.94), "59.9s");
  EXPECT_EQ(said(59.96), "1m00s");
  EXPECT_EQ(said(125), "2m05s");
  EXPECT_EQ(said(3599.6), "1h00m");
  EXPECT_EQ(said(3720), "1h02m");
}

TEST(HumanAge, IsDockers) {
  constexpr int64_t minute = 60, hour = 3600, day = 86400;
  const std::pair<int64_t, const char*> known[] = {{0, "Less than a second ago"}, {1, "1 second ago"},
                                                   {45, "45 seconds ago"},        {minute, "About a minute ago"},
                                                   {2 * minute, "2 minutes ago"}, {59 * minute, "59 minutes ago"},
                                                   {hour, "About an hour ago"},   {89 * minute, "About an hour ago"},
                                                   {90 * minute, "2 hours ago"},  {47 * hour, "47 hours ago"},
                                                   {48 * hour, "2 days ago"},     {13 * day, "13 days ago"},
                                                   {14 * day, "2 weeks ago"},     {59 * day, "8 weeks ago"},
                                                   {60 * day, "2 months ago"},    {729 * day, "24 months ago"},
                                                   {730 * day, "2 years ago"}};
  for (auto [age, text] : known) EXPECT_EQ(humanAge(1'700'000'000, 1'700'000'000 + age), text);
}

TEST(HumanAge, TheFutureIsNow) { EXPECT_EQ(humanAge(100, 50), "Less than a second ago"); }

TEST(Rfc3339, DropsTrailingZerosOfTheFraction) {
  EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(rfc3339(1'767'323'045 * kSecond + 250'000'000), "2026-01-02T03:04:05.25Z");
  EXPECT_EQ(rfc3339(1), "1970-01-01T00:00:00.000000001Z");
  EXPECT_EQ(rfc3339(-1), "1969-12-31T23:59:59.999999999Z");
}

TEST(Rfc3339, IsReadBack) {
  for (int64_t time : {int64_t(0), int64_t(-1), 1'767'323'045 * kSecond + 250'000'000, int64_t(951'782'400) * kSecond})
    EXPECT_EQ(must(parseRfc3339(rfc3339(time))), time);
}

TEST(Rfc3339, AnyOffsetAndAnyFraction) {
  EXPECT_EQ(must(parseRfc3339("1970-01-01T01:30:00+01:30")), 0);
  EXPECT_EQ(must(parseRfc3339("1969-12-31T19:00:00-05:00")), 0);
  EXPECT_EQ(must(parseRfc3339("1970-01-01T00:00:00.1234567891234z")), 123'456'789);
  EXPECT_EQ(must(parseRfc3339("1969-12-31T23:59:59Z")), -kSecond);
}

TEST(Rfc3339, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "yesterday", "2026-01-02", "2026-01-02T03:04:05", "2026-13-02T03:04:05Z", "2026-02-30T03:04:05Z",
        "2026-01-02T24:04:05Z", "2026-01-02T03:04:05ZZ", "2026-01-02T03:04:05.Z", "2026-01-02T03:04:05+1:00",
        "2026-01-02T03:04:05+01:00x", "2026-01-02T03:04:05+99:99", " 2026-01-02T03:04:05Z", "-026-01-02T03:04:05Z"})
    EXPECT_FAULT_SAYING(parseRfc3339(text), FaultKind::Invalid, text);
}

TEST(Rfc3339, RefusesWhatNanosecondsCannotSay) {
  EXPECT_FAULT_SAYING(parseRfc3339("0001-01-01T00:00:00Z"), FaultKind::Invalid, "1678");
  EXPECT_FAULT(parseRfc3339("9999-12-31T23:59:59Z"), FaultKind::Invalid);
  EXPECT_GT(must(parseRfc3339("2262-01-01T00:00:00Z")), must(parseRfc3339("1678-01-01T00:00:00Z")));
}

TEST(Nearest, IsTheOneWithTheFewestMistakes) {
  EXPECT_EQ(nearest("COPPY", {"ADD", "COPY", "RUN"}), "COPY");
  EXPECT_EQ(nearest("copi", {"ADD", "COPY", "RUN"}, true), "COPY");
  EXPECT_EQ(nearest("copi", {"ADD", "COPY", "RUN"}), "");
  EXPECT_EQ(nearest("COPY", {"COPY", "COPI"}), "");  // nothing is wrong with it
  EXPECT_EQ(didYouMean("buidl", {"build", "test"}), " (did you mean build?)");
  EXPECT_EQ(didYouMean("else", {"build", "test"}), "");
}

TEST(Table, KeepsItsColumns) {
  EXPECT_EQ(table({{"NAME", "SIZE"}, {"a", "1B"}, {"longer", ""}}), "NAME     SIZE\na        1B\nlonger\n");
  EXPECT_EQ(table({}), "");
  EXPECT_EQ(table({{"\xc3\xa4\xc3\xb6", "x"}, {"abc", "y"}}), "\xc3\xa4\xc3\xb6    x\nabc   y\n");
}

TEST(Printable, KeepsTextInAnyScript) {
  EXPECT_EQ(printable("plain \xc3\xbcml\xc3\xa4ut \xe6\xbc\xa2 \xf0\x9f\x98\x80"),
            "plain \xc3\xbcml\xc3\xa4ut \xe6\xbc\xa2 \xf0\x9f\x98\x80");
}

TEST(Printable, ShowsWhatWouldSteerATerminal) {
  EXPECT_EQ(printable("\x1b[2Jx\r\n\x7f"), "\\x1b[2Jx\\x0d\\x0a\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "\\xc2\\x9b31m");
  EXPECT_EQ(printable("\xe2\x80\xae"), "\\xe2\\x80\\xae");  // right to left from here
  EXPECT_EQ(printable(llvm::StringRef("a\0b", 3)), "a\\x00b");
}

TEST(Printable, ShowsBytesThatAreNoText) {
  EXPECT_EQ(printable("\xff"), "\\xff");
  EXPECT_EQ(printable("\xc3"), "\\xc3");
  EXPECT_EQ(printable("\xc0\x80"), "\\xc0\\x80");           // overlong
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // a surrogate
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
}

TEST(Json, ReadsWhatIsValid) {
  EXPECT_EQ(printJson(must(parseJson(R"({"b": [1, "x\"{["], "a": null})"))), R"({"a":null,"b":[1,"x\"{["]})");
}

TEST(Json, RefusesWhatIsNot) {
  EXPECT_FAULT(parseJson("{"), FaultKind::Invalid);
  EXPECT_FAULT(parseJson(""), FaultKind::Invalid);
  EXPECT_FAULT(parseJson("[1] 2"), FaultKind::Invalid);
  EXPECT_FAULT(parseJson("\"\xff\""), FaultKind::Invalid);
  EXPECT_FAULT_SAYING(parseJson("[1,2,3]", 6), FaultKind::Invalid, "too large");
}

TEST(Json, RefusesToGoDeep) {
  auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  must(parseJson(nested(64)));
  EXPECT_FAULT_SAYING(parseJson(nested(65)), FaultKind::Invalid, "deep");
  EXPECT_FAULT(parseJson(std::string(10'000'000, '[')), FaultKind::Invalid);
  EXPECT_FAULT(parseJson(std::string(100, ']') + std::string(1'000'000, '[')), FaultKind::Invalid);
  must(parseJson("\"" + std::string(1000, '[') + "\""));  // within a string there is no depth
}

TEST(BooleanOf, ReadsAsGoDoes) {
  for (const char* yes : {"1", "t", "T", "true", "True", "TRUE"}) EXPECT_EQ(booleanOf(yes), true) << yes;
  for (const char* no : {"0", "f", "F", "false", "False", "FALSE"}) EXPECT_EQ(booleanOf(no), false) << no;
  for (const char* other : {"", "yes", "tRUE", "2", " 1"}) EXPECT_EQ(booleanOf(other), std::nullopt) << other;
}

TEST(Json, PrettyIsIndentedByFour) {
  EXPECT_EQ(printPrettyJson(must(parseJson(R"({"a":[1]})"))), "{\n    \"a\": [\n        1\n    ]\n}");
}

}  // namespace
}  // namespace strata::testing
