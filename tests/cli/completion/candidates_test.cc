#include "cli/completion/candidates.h"

#include <llvm/ADT/STLExtras.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strata::cli {
namespace {
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::string> wordsFor(std::vector<std::string> line) {
  std::vector<std::string> words;
  for (const Candidate& one : completionOf(line).candidates) words.push_back(one.word);
  return words;
}
Noun nounFor(std::vector<std::string> line) { return completionOf(line).noun; }

TEST(Completion, KnowsCommandsAndGroups) {
  EXPECT_THAT(wordsFor({"vo"}), ElementsAre("volume"));
  EXPECT_THAT(wordsFor({"build"}), ElementsAre("build", "builds", "builder"));
  EXPECT_THAT(wordsFor({"volume", ""}), ElementsAre("create", "inspect", "ls", "prune", "rm"));
}

TEST(Completion, HidesWhatIsForNobody) {
  EXPECT_THAT(wordsFor({""}), Not(Contains("container-supervisor")));
  EXPECT_THAT(wordsFor({""}), Not(Contains("__complete")));
  EXPECT_THAT(wordsFor({"image", "li"}), IsEmpty()) << "an alias";
}

TEST(Completion, KnowsTheOptionsOfACommand) {
  EXPECT_THAT(wordsFor({"build", "--secr"}), ElementsAre("--secret"));
  EXPECT_THAT(wordsFor({"--ro"}), ElementsAre("--root"));
  EXPECT_THAT(wordsFor({"image", "ls", "--no-t"}), ElementsAre("--no-trunc"));
}

TEST(Completion, KnowsWhatAnOptionsValueNames) {
  EXPECT_EQ(nounFor({"run", "--network", ""}), Noun::Network);
  EXPECT_EQ(nounFor({"build", "-f", ""}), Noun::File);
  EXPECT_EQ(nounFor({"run", "--volumes-from", ""}), Noun::Container);
  EXPECT_EQ(nounFor({"run", "--memory", ""}), Noun::None);
}

TEST(Completion, CountsArgumentsPastOptionsAndTheirValues) {
  EXPECT_EQ(nounFor({"run", "-it", "--name", "x", ""}), Noun::Image);
  EXPECT_EQ(nounFor({"run", "-e", "A=b", "busybox", ""}), Noun::None);
  EXPECT_EQ(nounFor({"network", "connect", ""}), Noun::Network);
  EXPECT_EQ(nounFor({"network", "connect", "net", ""}), Noun::Container);
  EXPECT_EQ(nounFor({"rm", "one", "two", ""}), Noun::Container);
}

TEST(Completion, LeavesTheOptionsOfAnotherProgramAlone) {
  EXPECT_THAT(wordsFor({"run", "busybox", "--rm"}), IsEmpty());
  EXPECT_THAT(wordsFor({"run", "--r"}), Contains("--rm"));
}

TEST(Completion, SaysNothingBehindAnUnknownCommand) { EXPECT_THAT(wordsFor({"nosuch", ""}), IsEmpty()); }

TEST(Completion, ReadsTheUsageOfACommand) {
  EXPECT_EQ(nounAt("[OPTIONS] CONTAINER [CONTAINER...]", 5), Noun::Container);
  EXPECT_EQ(nounAt("[OPTIONS] CONTAINER", 1), Noun::None);
  EXPECT_EQ(nounAt("[OPTIONS] [BUILD|IMAGE]", 0), Noun::Build);
  EXPECT_EQ(nounAt("[OPTIONS] NAME[:TAG|@DIGEST]", 0), Noun::Image);
  EXPECT_EQ(nounAt("[OPTIONS] PATH | -", 0), Noun::File);
  EXPECT_EQ(nounAt("", 0), Noun::None);
}

}  // namespace
}  // namespace strata::cli
