#include "layerfs/layer_blobs.h"

#include "tests/support/testing.h"

namespace strata::layerfs::testing {
namespace {
using strata::testing::makeTempDir;
using strata::testing::must;

/// What a store of an earlier version knows nobody has compared.
TEST(LayerBlobs, RowsOfTheFirstVersionAreNotVerified) {
  TempDir directory = makeTempDir();
  auto database = must(Database::open(directory.path() + "/db"));
  must(database->migrate(
      "layer_blobs",
      {"CREATE TABLE layer_blobs(diff_id BLOB NOT NULL, place TEXT NOT NULL, digest BLOB NOT NULL, size INTEGER NOT "
       "NULL, media TEXT NOT NULL, seen INTEGER NOT NULL, PRIMARY KEY(diff_id, place, digest)) WITHOUT ROWID"}));
  DiffId diffId{digestOf("layer")};
  {
    auto insert = must(database->prepare("INSERT INTO layer_blobs VALUES(?, 'one', ?, 7, 'media', 1)"));
    must(insert.bind(diffId.digest).bind(digestOf("blob")).run());
  }
  auto blobs = must(LayerBlobs::open(*database));
  auto known = must(blobs->find(diffId));
  ASSERT_EQ(known.size(), 1u);
  EXPECT_EQ(known[0].descriptor.digest, digestOf("blob"));
  EXPECT_FALSE(known[0].verified);
  known[0].verified = true;
  must(blobs->put(diffId, known[0]));
  EXPECT_TRUE(must(blobs->find(diffId))[0].verified);
}

}  // namespace
}  // namespace strata::layerfs::testing
