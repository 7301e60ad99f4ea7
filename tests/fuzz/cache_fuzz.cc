/// Input: a document of a cache that somebody else wrote: a root, a pack, the index of a cache mount, or trees of
/// files, each also compressed; all are tried on every input.

#include "builder/remote/cache_index.h"
#include "builder/remote/mount_archive.h"
#include "tests/fuzz/fuzz.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::fuzz {

namespace {

void checkRoot(llvm::StringRef json) {
  auto index = valueOf(builder::CacheIndex::parse(json));
  if (!index) return;
  auto again = valueOf(builder::CacheIndex::parse(index->print()));
  if (!again) return broken("a root that was read is written as one");
  FUZZ_EXPECT(again->covers(*index) && index->covers(*again), "a root is written with all its packs");
  builder::CacheIndex merged = *index;
  merged.merge(*again);
  FUZZ_EXPECT(merged.packs.size() == index->packs.size(), "a root merged with itself is itself");
  for (const layerfs::Descriptor& pack : index->packs) {
    std::string bytes = builder::embeddedIn(pack);
    FUZZ_EXPECT(bytes.empty() || digestOf(bytes) == pack.digest, "bytes beside a digest have it");
  }
}

void checkPack(const std::optional<builder::CachePack>& pack) {
  if (!pack) return;
  for (const builder::PackedRecord& record : pack->records) {
    FUZZ_EXPECT(record.record.key && record.diffId.digest, "a record has key and diffID");
    FUZZ_EXPECT(record.record.created >= 0 && record.record.duration >= 0, "nothing happened before 1970");
    FUZZ_EXPECT(record.record.layer.value == 0, "another store's layers have no numbers here");
  }
  for (const builder::PackedMount& mount : pack->mounts)
    FUZZ_EXPECT(mount.slot.size() == 64 && llvm::all_of(mount.slot, llvm::isHexDigit), "a mount's name is a digest");
  std::string printed = builder::printPack(*pack);
  auto again = valueOf(builder::parsePack(printed));
  if (!again) return broken("a pack that was read is written as one");
  FUZZ_EXPECT(builder::printPack(*again) == printed, "a pack is written in one way");
}

void checkMount(llvm::StringRef bytes) {
  auto index = valueOf(builder::MountIndex::decode(bytes));
  if (!index) return;
  for (const builder::MountChunk& chunk : index->chunks) {
    FUZZ_EXPECT(chunk.blob < index->blobs.size(), "a chunk lies in a blob");
    FUZZ_EXPECT(chunk.offset + chunk.stored <= index->blobs[chunk.blob].size, "a chunk lies in its blob");
  }
}
}  // namespace

FUZZ_TARGET(cache) {
  checkRoot(input);
  checkPack(valueOf(builder::parsePack(input)));
  checkPack(valueOf(builder::decodePack(input)));
  checkMount(input);
}

}  // namespace strata::fuzz
