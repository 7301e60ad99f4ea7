#include "support/output_file.h"

#include "support/directory_entries.h"
#include "support/fault.h"
#include "support/files.h"
#include "tests/support/testing.h"

#include <sys/stat.h>
#include <thread>

namespace strata {
namespace {

using testing::must;

class OutputFileTest : public ::testing::Test {
protected:
  std::string path(const std::string& name) const { return directory_.path() + "/" + name; }
  static auto writing(llvm::StringRef text) {
    return [text](ByteSink& sink) { return sink.write(text); };
  }
  std::vector<std::string> names() const { return must(entriesOf(directory_.path())); }

  TempDir directory_ = testing::makeTempDir();
};

TEST_F(OutputFileTest, AFileIsMadeAndReplaced) {
  must(replaceFile(path("f"), 0640, writing("one")));
  EXPECT_EQ(must(readFile(path("f"))), "one");
  struct stat status;
  ASSERT_EQ(::stat(path("f").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0640u);
  must(replaceFile(path("f"), 0600, writing("two")));
  EXPECT_EQ(must(readFile(path("f"))), "two");
  EXPECT_THAT(names(), ::testing::ElementsAre("f"));
}

TEST_F(OutputFileTest, AFailureLeavesWhatWasThere) {
  must(replaceFile(path("f"), 0600, writing("before")));
  auto failing = [](ByteSink& sink) -> llvm::Error {
    if (auto error = sink.write("half")) return error;
    return fault(FaultKind::Corrupt, "no more");
  };
  EXPECT_FAULT_SAYING(replaceFile(path("f"), 0600, failing), FaultKind::Corrupt, "no more");
  EXPECT_FAULT(writeOutput(path("g"), 0600, failing), FaultKind::Corrupt);
  EXPECT_EQ(must(readFile(path("f"))), "before");
  EXPECT_THAT(names(), ::testing::ElementsAre("f"));
  EXPECT_FAULT(replaceFile(path("none/f"), 0600, writing("x")), FaultKind::NotFound);
}

TEST_F(OutputFileTest, APipeIsWrittenTo) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  std::string got;
  std::thread reader([&] { got = must(readFile(path("pipe"))); });
  must(writeOutput(path("pipe"), 0600, writing("through")));
  reader.join();
  EXPECT_EQ(got, "through");
  EXPECT_THAT(names(), ::testing::ElementsAre("pipe"));
}

}  // namespace
}  // namespace strata
