#include "analyzer/bench/push_place.h"

#include "tests/support/testing.h"

#include <chrono>

namespace strata::analyzer {
namespace {

using testing::must;
using ::testing::StartsWith;

class PushPlaceTest : public ::testing::Test {
protected:
  std::string script(llvm::StringRef text) const {
    testing::writeFile(directory_.path() + "/program", "#!/bin/sh\n" + text.str(), 0755);
    return directory_.path() + "/program";
  }
  auto start(const std::string& program, const std::string& below = "") {
    return PushPlace::start(program, directory_.path() + "/registry" + below, "id", never_);
  }
  TempDir directory_ = testing::makeTempDir();
  CancelToken never_;
};

TEST_F(PushPlaceTest, ARegistryOfOurOwnBeginsWithNothing) {
  auto program = findRegistryProgram();
  if (!program) GTEST_SKIP() << "no docker-registry is installed";
  auto place = must(start(*program, " \"of: ours\""));
  EXPECT_TRUE(place->isOwn());
  EXPECT_THAT(place->nameFor("strata", 2), StartsWith("127.0.0.1:"));
  std::string pushed = directory_.path() + "/registry \"of: ours\"/data/docker/layer";
  uint64_t before = must(place->size()).value();
  testing::writeFile(pushed, std::string(100'000, 'x'));
  EXPECT_GE(must(place->size()).value(), before + 100'000);
  must(place->empty());
  EXPECT_FALSE(pathExists(pushed));
}

TEST_F(PushPlaceTest, AProgramThatEndsIsNoRegistryAndSaysWhy) {
  auto began = std::chrono::steady_clock::now();
  EXPECT_FAULT_SAYING(start(script("echo once >>" + directory_.path() + "/starts; echo no room; exit 3\n")),
                      FaultKind::Unavailable, "does not answer: no room");
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(9));
  EXPECT_EQ(must(readFile(directory_.path() + "/starts")), "once\nonce\nonce\n") << "on several ports";
  EXPECT_FAULT(start("/absent/program"), FaultKind::NotFound);
}

TEST_F(PushPlaceTest, SomebodyElsesRegistryIsNotMeasured) {
  auto place = PushPlace::named("host:5000/team", "id");
  EXPECT_EQ(place->nameFor("podman", 1), "host:5000/team/strata-bench-id/podman-1:latest");
  EXPECT_EQ(must(place->size()), std::nullopt);
  must(place->empty());
}

}  // namespace
}  // namespace strata::analyzer
