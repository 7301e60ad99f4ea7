#include "support/bytes.h"

#include "support/files.h"
#include "support/unique_fd.h"
#include "tests/support/testing.h"

#include <fcntl.h>
#include <unistd.h>
#include <thread>

namespace strata::testing {
namespace {

/// Gives `size` letters, at most `step` in one read.
class Trickle : public ByteSource {
public:
  Trickle(size_t size, size_t step) : rest_(size), step_(step) {}
  llvm::Expected<size_t> read(char* buffer, size_t size) override {
    size_t given = std::min({size, step_, rest_});
    std::fill_n(buffer, given, 'x');
    rest_ -= given;
    return given;
  }

private:
  size_t rest_, step_;
};

TEST(Bytes, AStringIsReadInPiecesToItsEnd) {
  StringSource source("hello");
  char buffer[3];
  EXPECT_EQ(must(source.read(buffer, 3)), 3u);
  EXPECT_EQ(must(source.read(buffer, 3)), 2u);
  EXPECT_EQ(llvm::StringRef(buffer, 2), "lo");
  EXPECT_EQ(must(source.read(buffer, 3)), 0u);
  EXPECT_EQ(must(source.read(buffer, 3)), 0u);
}

TEST(Bytes, CopyMovesEverythingAndCounts) {
  Trickle source(1'000'003, 777);
  HashingSink hash;
  EXPECT_EQ(must(copyAll(source, hash)), 1'000'003u);
  EXPECT_EQ(hash.size(), 1'000'003u);
  EXPECT_EQ(hash.finish(), digestOf(std::string(1'000'003, 'x')));
}

TEST(Bytes, AHashingSinkPassesOn) {
  StringSink end;
  HashingSink hash(&end);
  must(hash.write("ab"));
  must(hash.write("c"));
  EXPECT_EQ(end.text, "abc");
  EXPECT_EQ(hash.finish(), digestOf("abc"));
}

TEST(Bytes, AFileIsCopiedFromWhereItStandsToWhateverSink) {
  TempDir directory = must(TempDir::make("/var/tmp", "strata-test-"));
  std::string text = std::string(3'000'000, 'a') + "end";
  must(writeFileAtomically(directory.path() + "/from", text, 0600));
  for (bool toFile : {true, false}) {
    UniqueFd from = must(openFile(directory.path() + "/from", O_RDONLY));
    ASSERT_EQ(::lseek(from.get(), 1'000'000, SEEK_SET), 1'000'000);
    UniqueFd to = must(openFile(directory.path() + "/to", O_RDWR | O_CREAT | O_TRUNC, 0600));
    FdSink file(to.get());
    StringSink string;
    ByteSink& sink = toFile ? static_cast<ByteSink&>(file) : string;
    must(sink.write("begin"));
    EXPECT_EQ(must(copyFile(from.get(), sink)), text.size() - 1'000'000);
    must(sink.write("more"));
    std::string got = toFile ? must(readFile(directory.path() + "/to")) : string.text;
    EXPECT_TRUE(got == "begin" + text.substr(1'000'000) + "more") << got.size();
  }
}

TEST(Bytes, ReadAllTakesWhatIsAllowedAndNoMore) {
  for (size_t size : {size_t(0), size_t(5), kCopyBuffer, kCopyBuffer + 1, 2 * kCopyBuffer}) {
    Trickle fits(size, 1 << 20), more(size + 1, 1 << 20);
    EXPECT_EQ(must(readAll(fits, size)).size(), size);
    EXPECT_FAULT(readAll(more, size), FaultKind::Invalid);
  }
}

TEST(Bytes, ReadAllWithoutALimitReadsAll) {
  Trickle source(100, 7);
  EXPECT_EQ(must(readAll(source, SIZE_MAX)).size(), 100u);
}

TEST(Bytes, APipeTakesMoreThanItHolds) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  UniqueFd from(ends[0]), to(ends[1]);
  std::string read;
  std::thread reader([&] {
    FdSource source(from.get());
    read = must(readAll(source, 1 << 30));
  });
  must(FdSink(to.get()).write(std::string(1 << 20, 'y')));
  to.reset();
  reader.join();
  EXPECT_EQ(read, std::string(1 << 20, 'y'));
}

TEST(Bytes, ADescriptorThatCannotIsAFault) {
  FdSource source(-1);
  char byte;
  EXPECT_FAULT(source.read(&byte, 1), FaultKind::Io);
  UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  EXPECT_FAULT_SAYING(FdSink(full.get()).write("x"), FaultKind::Io, "free some space");
}

}  // namespace
}  // namespace strata::testing
