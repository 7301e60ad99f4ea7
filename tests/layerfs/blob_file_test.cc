#include "layerfs/blob_file.h"

#include "support/fault.h"
#include "support/files.h"
#include "tests/support/testing.h"

namespace strata::layerfs {
namespace {
using strata::testing::makeTempDir;
using strata::testing::must;

class BlobFileTest : public ::testing::Test {
protected:
  Descriptor put(const std::string& named, const std::string& bytes) {
    Descriptor blob{.mediaType = media::kOciLayer.str(), .digest = digestOf(named), .size = named.size()};
    must(makeDirectories(directory_.path() + "/blobs/sha256"));
    strata::testing::writeFile(blobPath(directory_.path(), blob.digest), bytes);
    return blob;
  }
  llvm::Expected<std::string> read(const Descriptor& blob) {
    auto source = openBlobFile(directory_.path(), blob);
    if (!source) return source.takeError();
    return readAll(**source, 1 << 20);
  }
  TempDir directory_ = makeTempDir();
};

TEST_F(BlobFileTest, GivesItsBytes) {
  EXPECT_EQ(must(read(put("hello", "hello"))), "hello");
  EXPECT_EQ(must(read(put("", ""))), "");
}

TEST_F(BlobFileTest, OtherBytesFewerAndMoreAreNoticed) {
  for (const char* bytes : {"hellO", "hell", "hello!", ""})
    EXPECT_FAULT_SAYING(read(put("hello", bytes)), FaultKind::Corrupt, digestOf("hello").str());
}

TEST_F(BlobFileTest, WhatIsNotThereIsNotFound) {
  EXPECT_FAULT(read({.mediaType = media::kOciLayer.str(), .digest = digestOf("x"), .size = 1}), FaultKind::NotFound);
}

}  // namespace
}  // namespace strata::layerfs
