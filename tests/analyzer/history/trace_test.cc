#include "analyzer/history/trace.h"

#include "tests/analyzer/history/builds.h"
#include "tests/support/testing.h"

namespace strata::analyzer {
namespace {

using llvm::json::Object;

std::vector<const Object*> eventsOf(const llvm::json::Value& trace, llvm::StringRef phase) {
  std::vector<const Object*> events;
  for (const llvm::json::Value& event : *trace.getAsObject()->getArray("traceEvents"))
    if (event.getAsObject()->getString("ph") == phase) events.push_back(event.getAsObject());
  return events;
}

TEST(Trace, EveryStepIsACompleteEventInItsLane) {
  BuildWriter writer;
  writer.add("RUN slow", 0.5, 2, {});
  writer.add("RUN quick", 1, 0.25, {});
  writer.build.duration = 3 * kSecond;
  StepReason reason;
  reason.causes = {{.kind = Cause::Kind::NoCache, .name = "--no-cache"}};
  llvm::json::Value trace = traceOf(writer.build, {reason, StepReason()});
  std::vector<const Object*> events = eventsOf(trace, "X");
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0]->getString("name"), "RUN slow");
  EXPECT_EQ(events[0]->getNumber("ts"), 500'000);
  EXPECT_EQ(events[0]->getNumber("dur"), 2'000'000);
  EXPECT_EQ(events[0]->getString("cat"), "step,critical");
  EXPECT_EQ(events[0]->getObject("args")->getString("reason"), "--no-cache was given");
  EXPECT_EQ(events[0]->getObject("args")->getString("outcome"), "executed");
  EXPECT_EQ(events[1]->getString("cat"), "step");
  EXPECT_NE(events[0]->getInteger("tid"), events[1]->getInteger("tid"));
  EXPECT_EQ(eventsOf(trace, "M").size(), 3u);  // the process, two lanes
}

TEST(Trace, BytesThatAreNoTextStayJson) {
  BuildWriter writer;
  writer.add("RUN echo \xff", 0, 1, {}).error = "\xfe";
  llvm::json::Value trace = traceOf(writer.build, {});
  EXPECT_TRUE(llvm::json::isUTF8(*eventsOf(trace, "X")[0]->getString("name")));
}

}  // namespace
}  // namespace strata::analyzer
