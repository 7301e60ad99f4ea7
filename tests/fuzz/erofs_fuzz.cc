/// Input: a layer's index, read with a small tar beside it. It is read as it is, and with a head that fits its size.

#include "layerfs/erofs_format.h"
#include "layerfs/erofs_reader.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/memory_file.h"

namespace strata::fuzz {

namespace {
using namespace layerfs;

constexpr size_t kTarSize = 4096;
constexpr uint64_t kMostRead = 1 << 16;  // of one file: an index may say that a hole is as large as it likes

/// An error is an answer, if it is this one.
bool isFine(llvm::Error error) {
  if (!error) return true;
  FaultKind kind = kindOf(error);
  std::string message = messageOf(std::move(error));
  if (kind != FaultKind::Corrupt) broken("a damaged index is called so, not: " + message);
  return false;
}

void checkContent(const LayerEntry& entry, ByteSource& content) {
  uint64_t expected = std::min(entry.size, kMostRead), done = 0;
  std::string buffer(3000, '\0');
  while (done < expected) {
    auto got = content.read(buffer.data(), std::min<uint64_t>(buffer.size(), expected - done));
    if (!got) return void(isFine(got.takeError()));
    FUZZ_EXPECT(*got > 0, "a file is as long as it says");
    done += *got;
  }
}

void checkLookUp(const ErofsReader& reader, const LayerEntry& entry) {
  auto found = reader.find(entry.path);
  if (!found) return void(isFine(found.takeError()));
  if (*found && entry.kind != EntryKind::Hardlink && entry.kind != EntryKind::Opaque)
    FUZZ_EXPECT((*found)->entry.kind == entry.kind, "what is found at a path is what was listed there");
  auto resolved = reader.resolve(entry.path + "/../.");
  if (!resolved) llvm::consumeError(resolved.takeError());  // links in a circle are no damage
}

void checkIndex(llvm::StringRef bytes) {
  auto reader = ErofsReader::open(llvm::MemoryBuffer::getMemBuffer(bytes, "index", false),
                                  memoryFile(std::string(kTarSize, 't')));
  if (!reader) return void(isFine(reader.takeError()));
  std::string before;
  uint64_t entries = 0;
  isFine(reader->walk([&](const LayerEntry& entry, ByteSource& content) {
    if (entry.kind != EntryKind::Opaque && ++entries > 1 && !pathLess(before, entry.path))
      broken("paths come in order");
    before = entry.path;
    if (entries > bytes.size()) broken("a walk is no longer than its index");
    if (entry.kind == EntryKind::File) checkContent(entry, content);
    checkLookUp(*reader, entry);
    return llvm::Error::success();
  }));
}

std::string mended(llvm::StringRef input) {
  std::string index = input.str();
  index.resize(std::max<size_t>(index.size(), 3 * erofs::kBlock));
  auto& super = *reinterpret_cast<erofs::SuperBlock*>(&index[erofs::kSuperOffset]);
  super.magic = erofs::kMagic;
  super.blockBits = erofs::kBlockBits;
  super.featureIncompat = erofs::kChunkedFiles | erofs::kDeviceTable;
  super.blocks = uint32_t((index.size() + erofs::kBlock - 1) / erofs::kBlock);
  super.metaBlock = 0;
  super.directoryBlockBits = 0;
  super.extraDevices = 1;
  constexpr size_t slot = (erofs::kSuperOffset + sizeof(erofs::SuperBlock)) / erofs::kDeviceSlot;
  super.deviceSlotOffset = slot;
  reinterpret_cast<erofs::DeviceSlot*>(&index[slot * erofs::kDeviceSlot])->blocks = kTarSize / erofs::kBlock;
  return index;
}
}  // namespace

FUZZ_TARGET(erofs) {
  checkIndex(input);
  checkIndex(mended(input));
}

}  // namespace strata::fuzz
