#include "layerfs/event_log.h"

#include "tests/support/testing.h"

#include <sys/stat.h>
#include <filesystem>
#include <thread>

namespace strata::layerfs {
namespace {
using namespace strata::testing;
using ::testing::ElementsAre;

class EventLogTest : public ::testing::Test {
protected:
  void add(const std::string& action, int64_t time = 1) {
    appendEvent(root_.path(), {.type = "container", .action = action, .actor = "c1", .attributes = {}, .time = time});
  }
  static std::vector<std::string> actions(EventReader& reader) {
    std::vector<std::string> all;
    EXPECT_TRUE(must(reader.read([&](const Event& event) {
      all.push_back(event.action);
      return true;
    })));
    return all;
  }
  TempDir root_ = makeTempDir();
};

TEST_F(EventLogTest, AnEventHasDockersMembers) {
  Event event{.type = "container",
              .action = "die",
              .actor = "c1",
              .attributes = {{"exitCode", "3"}, {"image", "app"}, {"name", "web"}},
              .time = 1'500'000'000};
  EXPECT_EQ(
      printEvent(event),
      R"({"Action":"die","Actor":{"Attributes":{"exitCode":"3","image":"app","name":"web"},"ID":"c1"},)"
      R"("Type":"container","from":"app","id":"c1","scope":"local","status":"die","time":1,"timeNano":1500000000})");
  auto read = eventFrom(printEvent(event));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->action, "die");
  EXPECT_EQ(read->actor, "c1");
  EXPECT_EQ(read->attributes, event.attributes);
  EXPECT_EQ(read->time, event.time);
}

TEST_F(EventLogTest, WhatIsNoEventIsPassedOver) {
  for (const char* line : {"", "{", "[]", "{}", R"({"Type":"x","Action":"y","timeNano":1})",
                           R"({"Type":"x","Action":"y","Actor":{},"timeNano":1})"})
    EXPECT_FALSE(eventFrom(line)) << line;
  add("create");
  writeFile(root_.path() + "/events/log", must(readFile(root_.path() + "/events/log")) + "{\"Type\":\"cont\n");
  add("start");
  auto reader = must(EventReader::open(root_.path()));
  EXPECT_THAT(actions(reader), ElementsAre("create", "start"));
}

TEST_F(EventLogTest, AReaderSeesWhatWasAndWhatComes) {
  auto before = must(EventReader::open(root_.path()));
  EXPECT_THAT(actions(before), ElementsAre());
  add("create");
  add("start");
  before.waitForMore(5000);
  EXPECT_THAT(actions(before), ElementsAre("create", "start"));
  add("die");
  EXPECT_THAT(actions(before), ElementsAre("die"));
  auto after = must(EventReader::open(root_.path()));
  EXPECT_THAT(actions(after), ElementsAre("create", "start", "die"));
}

TEST_F(EventLogTest, ManyWritersLoseNothing) {
  std::vector<std::thread> writers;
  for (int i = 0; i < 8; ++i)
    writers.emplace_back([&] {
      for (int j = 0; j < 100; ++j) add("a");
    });
  for (std::thread& writer : writers) writer.join();
  auto reader = must(EventReader::open(root_.path()));
  EXPECT_EQ(actions(reader).size(), 800u);
}

TEST_F(EventLogTest, ALargeLogIsReplacedAndItsReadersFollow) {
  auto reader = must(EventReader::open(root_.path()));
  std::string padding(10'000, 'x');
  size_t seen = 0;
  for (int i = 0; i < 300; ++i) {
    appendEvent(root_.path(), {.type = "volume", .action = "create", .actor = padding});
    if (i % 20 == 0) seen += actions(reader).size();
  }
  seen += actions(reader).size();
  EXPECT_EQ(seen, 300u);
  struct stat status;
  for (const char* name : {"/events/log", "/events/log.1"}) {
    ASSERT_EQ(::stat((root_.path() + name).c_str(), &status), 0) << name;
    EXPECT_LT(status.st_size, 1'100'000) << name;
  }
  auto later = must(EventReader::open(root_.path()));
  size_t kept = actions(later).size();
  EXPECT_GT(kept, 100u);
  EXPECT_LT(kept, 300u);
}

TEST_F(EventLogTest, AStoreThatCannotBeWrittenToFailsNobody) {
  appendEvent(root_.path() + "/no/such", {.type = "image", .action = "pull", .actor = "a"});
  EXPECT_FALSE(pathExists(root_.path() + "/no"));
}

}  // namespace
}  // namespace strata::layerfs
