#include "layerfs/content_store.h"

#include "layer_trees.h"

namespace strata::layerfs::testing {
namespace {

class ContentStoreTest : public ::testing::Test {
protected:
  ContentStoreTest() {
    must(makeDirectories(staging()));
    store_ = must(ContentStore::open(directory_.path(), staging()));
  }
  std::string staging() const { return directory_.path() + "/tmp"; }
  std::string pathOf(const Digest& digest) const { return directory_.path() + "/blobs/sha256/" + digest.hex(); }
  llvm::Expected<Descriptor> put(llvm::StringRef bytes, std::optional<Digest> expected = {}) {
    StringSource source(bytes);
    return store_->put(source, expected);
  }
  bool isStagingEmpty() const { return shell("ls -A " + staging()).empty(); }

  TempDir directory_ = makeTempDir();
  std::unique_ptr<ContentStore> store_;
};

TEST_F(ContentStoreTest, TheStoreIsAnOciLayout) {
  EXPECT_EQ(must(readFile(directory_.path() + "/oci-layout")), R"({"imageLayoutVersion":"1.0.0"})");
  auto blob = must(put("hello"));
  EXPECT_EQ(blob.digest, digestOf("hello"));
  EXPECT_EQ(blob.size, 5u);
  EXPECT_EQ(must(readFile(pathOf(blob.digest))), "hello");
  EXPECT_TRUE(isStagingEmpty());
}

TEST_F(ContentStoreTest, WhatWasPutIsFoundReadAndCounted) {
  std::string large(3 * kCopyBuffer + 1, 'x');
  must(put(large));
  must(put(""));
  EXPECT_TRUE(must(store_->contains(digestOf(large))));
  EXPECT_FALSE(must(store_->contains(digestOf("other"))));
  EXPECT_EQ(must(store_->sizeOf(digestOf(large))), large.size());
  EXPECT_EQ(must(store_->read(digestOf(large))), large);
  EXPECT_EQ(must(store_->read(digestOf(""))), "");
  auto listed = must(store_->list());
  EXPECT_EQ(listed.size(), 2u);
  EXPECT_TRUE(llvm::is_sorted(listed));
}

TEST_F(ContentStoreTest, BytesThatAreNotTheExpectedOnesAreNotKept) {
  EXPECT_FAULT(put("hello", digestOf("other")), FaultKind::Corrupt);
  EXPECT_TRUE(must(store_->list()).empty());
  EXPECT_TRUE(isStagingEmpty());
}

TEST_F(ContentStoreTest, ASourceThatFailsLeavesNothing) {
  class Failing : public ByteSource {
    llvm::Expected<size_t> read(char*, size_t) override { return fault(FaultKind::Unavailable, "gone"); }
  } source;
  EXPECT_FAULT(store_->put(source), FaultKind::Unavailable);
  EXPECT_TRUE(isStagingEmpty());
}

TEST_F(ContentStoreTest, ADocumentPutAgainIsNotWrittenAgain) {
  auto first = must(store_->put("{}", media::kOciConfig));
  EXPECT_EQ(first.mediaType, media::kOciConfig);
  std::string before = shell("stat -c '%i %y' " + pathOf(first.digest));
  EXPECT_EQ(must(store_->put("{}", media::kOciConfig)).digest, first.digest);
  EXPECT_EQ(shell("stat -c '%i %y' " + pathOf(first.digest)), before);
}

TEST_F(ContentStoreTest, DamageIsNoticedAtTheEnd) {
  auto blob = must(put("hello"));
  must(writeFileAtomically(pathOf(blob.digest), "hellO"));
  EXPECT_FAULT_SAYING(store_->read(blob.digest), FaultKind::Corrupt, blob.digest.str());
  must(writeFileAtomically(pathOf(blob.digest), "hell"));
  EXPECT_FAULT(store_->read(blob.digest), FaultKind::Corrupt);
}

TEST_F(ContentStoreTest, ADamagedDocumentPutAgainIsWhole) {
  Digest digest = must(store_->put("document", "text/plain")).digest;
  must(writeFileAtomically(pathOf(digest), "document?"));
  must(store_->put("document", "text/plain"));
  EXPECT_EQ(must(store_->read(digest)), "document");
  must(writeFileAtomically(pathOf(digest), "dOcument"));
  must(store_->put("document", "text/plain"));
  EXPECT_EQ(must(store_->read(digest)), "document");
}

TEST_F(ContentStoreTest, AnAbsentBlobIsNotFoundAndMayBeRemoved) {
  Digest absent = digestOf("absent");
  EXPECT_FAULT_SAYING(store_->read(absent), FaultKind::NotFound, absent.str());
  EXPECT_FAULT(store_->sizeOf(absent), FaultKind::NotFound);
  must(store_->remove(absent));
  auto blob = must(put("hello"));
  must(store_->remove(blob.digest));
  EXPECT_FALSE(must(store_->contains(blob.digest)));
}

TEST_F(ContentStoreTest, AStoreOpenedAgainHasItsBlobs) {
  must(put("hello"));
  auto again = must(ContentStore::open(directory_.path(), staging()));
  EXPECT_EQ(must(again->read(digestOf("hello"))), "hello");
}

}  // namespace
}  // namespace strata::layerfs::testing
