#include "runtime/containers/container_log.h"

#include "runtime/containers/log_reader.h"
#include "tests/support/testing.h"

namespace strata::runtime {
namespace {
using strata::testing::must;
using ::testing::ElementsAre;

class ContainerLogTest : public ::testing::Test {
protected:
  std::string path() const { return dir_.path() + "/log"; }
  std::vector<std::string> texts(uint64_t last = ~uint64_t(0)) {
    LogReader reader = must(LogReader::open(path()));
    if (last != ~uint64_t(0)) must(reader.seekToLast(last));
    std::vector<std::string> found;
    must(reader.read([&](const LogEntry& entry) {
      found.push_back((entry.stream == LogStream::Errors ? "!" : "") + entry.text);
      return true;
    }));
    return found;
  }
  TempDir dir_ = strata::testing::makeTempDir();
};

TEST_F(ContainerLogTest, LinesComeBackWithTheirStreams) {
  LogWriter log = must(LogWriter::open(path()));
  log.write(LogStream::Output, "one\ntw");
  log.write(LogStream::Errors, "oops\n");
  log.write(LogStream::Output, "o\n\x1b[1m\"quoted\"\\\t\r\nno end");
  EXPECT_THAT(texts(), ElementsAre("one\n", "!oops\n", "two\n", "\x1b[1m\"quoted\"\\\t\r\n"));
  log.finish();
  EXPECT_EQ(texts().back(), "no end");
}

TEST_F(ContainerLogTest, AnEntryIsAsDockerWritesIt) {
  LogWriter log = must(LogWriter::open(path()));
  log.write(LogStream::Errors, "a\n");
  std::string text = must(readFile(path()));
  EXPECT_THAT(text,
              ::testing::MatchesRegex("\\{\"log\":\"a\\\\n\",\"stream\":\"stderr\",\"time\":\"2[0-9T:.-]*Z\"\\}\n"));
}

TEST_F(ContainerLogTest, LongLinesAreCutAndWhatIsNoUtf8IsMarked) {
  LogWriter log = must(LogWriter::open(path()));
  log.write(LogStream::Output, std::string(40000, 'x'));
  log.write(LogStream::Output, "\n\xff\n");
  std::vector<std::string> found = texts();
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(found[0].size(), 16384u);
  EXPECT_EQ(found[1].size(), 16384u);
  EXPECT_EQ(found[2].size(), 40000 - 2 * 16384 + 1);
  EXPECT_EQ(found[3], "\xef\xbf\xbd\n");
}

TEST_F(ContainerLogTest, TheLastEntriesAreFoundFromTheEnd) {
  LogWriter log = must(LogWriter::open(path()));
  for (int i = 0; i < 5000; ++i) log.write(LogStream::Output, "line " + std::to_string(i) + "\n");
  EXPECT_THAT(texts(2), ElementsAre("line 4998\n", "line 4999\n"));
  EXPECT_EQ(texts(3000).size(), 3000u);
  EXPECT_EQ(texts(6000).size(), 5000u);
  EXPECT_TRUE(texts(0).empty());
}

TEST_F(ContainerLogTest, WhatACrashCutShortIsPassedOver) {
  strata::testing::writeFile(
      path(),
      "{\"log\":\"a\\n\",\"stream\":\"stdout\",\"time\":\"2026-01-01T00:00:00Z\"}\n{\"log\":\"b\n"
      "{\"log\":\"c\\n\",\"stream\":\"stdout\",\"time\":\"2026-01-01T00:00:00Z\"}\n");
  EXPECT_THAT(texts(), ElementsAre("a\n", "c\n"));
}

}  // namespace
}  // namespace strata::runtime
