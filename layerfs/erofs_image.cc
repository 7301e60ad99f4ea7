#include "layerfs/erofs_image.h"

#include "support/fault.h"
#include "support/text.h"

#include <llvm/Support/MathExtras.h>

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <limits>

namespace strata::layerfs::erofs {

namespace {
constexpr uint64_t kLargestFile = uint64_t(std::numeric_limits<int64_t>::max());
constexpr size_t kLongestName = 255, kLongestLink = 4095;
constexpr uint32_t kLooksKept = 1 << 14;  ///< inodes, some 2 MiB

template <typename T>
const T* recordIn(llvm::StringRef bytes) {
  static_assert(alignof(T) == 1);
  return reinterpret_cast<const T*>(bytes.data());
}

std::optional<EntryKind> kindOfInode(const Inode& inode) {
  switch (inode.mode & S_IFMT) {
    case S_IFREG:
      return EntryKind::File;
    case S_IFDIR:
      return EntryKind::Directory;
    case S_IFLNK:
      return EntryKind::Symlink;
    case S_IFCHR:
      return inode.where == 0 ? EntryKind::Whiteout : EntryKind::CharacterDevice;
    case S_IFBLK:
      return EntryKind::BlockDevice;
    case S_IFIFO:
      return EntryKind::Fifo;
    default:
      return std::nullopt;
  }
}

/// One block of a directory: entries, then their names.
class NameBlock {
public:
  explicit NameBlock(llvm::StringRef bytes) : bytes_(bytes) {}
  /// How many; none if it is damaged.
  std::optional<size_t> count() const {
    if (bytes_.size() < sizeof(DirectoryEntry)) return std::nullopt;
    size_t end = entry(0).nameOffset;
    if (end == 0 || end % sizeof(DirectoryEntry) != 0 || end >= bytes_.size()) return std::nullopt;
    return end / sizeof(DirectoryEntry);
  }
  std::optional<Image::Name> at(size_t index, size_t count) const {
    const DirectoryEntry& here = entry(index);
    size_t begin = here.nameOffset, end = index + 1 < count ? size_t(entry(index + 1).nameOffset) : bytes_.size();
    if (begin < count * sizeof(DirectoryEntry) || begin >= end || end > bytes_.size()) return std::nullopt;
    llvm::StringRef text = bytes_.slice(begin, end);
    if (index + 1 == count) text = text.take_until([](char c) { return c == '\0'; });  // the rest of the block
    if (text.empty() || text.size() > kLongestName || text.contains('/') || text.contains('\0')) return std::nullopt;
    return Image::Name{text, here.number, here.type};
  }

private:
  const DirectoryEntry& entry(size_t index) const {
    return *recordIn<DirectoryEntry>(bytes_.drop_front(index * sizeof(DirectoryEntry)));
  }
  llvm::StringRef bytes_;
};
}  // namespace

llvm::Error Image::corrupt(const llvm::Twine& what) const {
  return fault(FaultKind::Corrupt, "layer index " + bytes_->getBufferIdentifier() + ": " + what);
}
llvm::Error Image::corrupt(const Node& node, const llvm::Twine& what) const {
  return corrupt("inode " + llvm::Twine(node.number) + " " + what);
}

llvm::Expected<Image> Image::open(std::unique_ptr<llvm::MemoryBuffer> bytes, uint64_t tarSize) {
  Image image(std::move(bytes), tarSize);
  if (auto error = image.checkHead()) return error;
  return image;
}

uint64_t Image::mostNames() const { return bytes_->getBufferSize() / (sizeof(DirectoryEntry) + 1); }

llvm::Expected<llvm::StringRef> Image::range(uint64_t offset, uint64_t size, const llvm::Twine& what) const {
  llvm::StringRef all = bytes_->getBuffer();
  if (offset <= all.size() && size <= all.size() - offset) return all.substr(offset, size);
  return corrupt(what + " lies outside of it");
}

llvm::Error Image::checkHead() {
  auto head = range(kSuperOffset, sizeof(SuperBlock), "the super block");
  if (!head) return head.takeError();
  const auto& super = *recordIn<SuperBlock>(*head);
  if (super.magic != kMagic) return corrupt("it does not begin as one");
  if (super.blockBits != kBlockBits || super.featureIncompat != (kChunkedFiles | kDeviceTable) ||
      super.extraDevices != 1 || super.metaBlock != 0 || super.directoryBlockBits != 0)
    return corrupt("it is of another form");
  if (super.blocks != blocksOf(bytes_->getBufferSize()))
    return corrupt("it has " + llvm::Twine(bytes_->getBufferSize()) + " bytes instead of " +
                   llvm::Twine(super.blocks * kBlock));
  auto slot = range(super.deviceSlotOffset * kDeviceSlot, kDeviceSlot, "the device table");
  if (!slot) return slot.takeError();
  if (recordIn<DeviceSlot>(*slot)->blocks != blocksOf(tarSize_))
    return corrupt("it belongs to a tar of another size than " + llvm::Twine(tarSize_) + " bytes");
  root_ = super.rootNumber;
  auto root = node(root_);
  if (!root) return root.takeError();
  return root->kind == EntryKind::Directory ? llvm::Error::success() : corrupt("its root is no directory");
}

/// The kernel's pages stay where they are: what is looked at again is mapped again, without reading.
void Image::forgetPassed() const {
  if (looks_->fetch_add(1, std::memory_order_relaxed) % kLooksKept != kLooksKept - 1) return;
  if (bytes_->getBufferKind() != llvm::MemoryBuffer::MemoryBuffer_MMap) return;
  auto begin = reinterpret_cast<uintptr_t>(bytes_->getBufferStart());
  uintptr_t page = uintptr_t(::sysconf(_SC_PAGESIZE)), from = begin / page * page;
  ::madvise(reinterpret_cast<void*>(from), begin + bytes_->getBufferSize() - from, MADV_DONTNEED);
}

llvm::Expected<Image::Node> Image::node(uint64_t number) const {
  forgetPassed();
  Node node;
  node.number = number;
  if (number >= nodeNumbers()) return corrupt(node, "lies outside of it");
  uint64_t offset = number * kInodeSlot;
  auto bytes = range(offset, sizeof(Inode), "inode " + llvm::Twine(number));
  if (!bytes) return bytes.takeError();
  node.record = recordIn<Inode>(*bytes);
  const Inode& inode = *node.record;
  auto kind = kindOfInode(inode);
  node.layout = Layout(inode.format >> 1);
  bool known = node.layout == Layout::Plain || node.layout == Layout::Inline || node.layout == Layout::Chunks;
  if (!kind || !known || !(inode.format & kExtendedInode)) return corrupt(node, "is of an unknown form");
  node.kind = *kind;
  if (inode.size > kLargestFile) return corrupt(node, "is larger than a file can be");
  uint64_t size = inode.xattrUnits ? sizeof(XattrHeader) + 4 * uint64_t(inode.xattrUnits - 1) : 0;
  auto xattrs = range(offset + sizeof(Inode), size, "xattrs of inode " + llvm::Twine(number));
  if (!xattrs) return xattrs.takeError();
  node.xattrs = *xattrs;
  node.tail = offset + sizeof(Inode) + size;
  return node;
}

/// Of what is in the index: directories, links, and the rare file that was copied.
llvm::Expected<llvm::StringRef> Image::data(const Node& node) const {
  if (node.layout == Layout::Chunks) return corrupt(node, "is in pieces");
  uint64_t offset = node.layout == Layout::Inline ? node.tail : node.record->where * kBlock;
  return range(node.record->size == 0 ? 0 : offset, node.record->size, "content of inode " + llvm::Twine(node.number));
}

llvm::Error Image::names(const Node& directory, llvm::function_ref<llvm::Error(const Name&)> visit) const {
  auto bytes = data(directory);
  if (!bytes) return bytes.takeError();
  llvm::StringRef before;
  for (llvm::StringRef rest = *bytes; !rest.empty(); rest = rest.drop_front(std::min(kBlock, rest.size()))) {
    NameBlock block(rest.take_front(kBlock));
    size_t count = block.count().value_or(0);
    if (count == 0) return corrupt(directory, "is a damaged directory");
    for (size_t i = 0; i < count; ++i) {
      auto name = block.at(i, count);
      if (!name) return corrupt(directory, "holds a damaged name");
      if (name->text <= before) return corrupt(directory, "has " + printable(name->text) + " out of order");
      before = name->text;
      if (auto error = visit(*name)) return error;
    }
  }
  return llvm::Error::success();
}

llvm::Expected<std::optional<Image::Name>> Image::find(const Node& directory, llvm::StringRef name) const {
  auto bytes = data(directory);
  if (!bytes) return bytes.takeError();
  auto damaged = [&] { return corrupt(directory, "is a damaged directory"); };
  // The last block whose first name is not greater.
  uint64_t low = 0, high = blocksOf(bytes->size());
  while (high - low > 1) {
    uint64_t middle = low + (high - low) / 2;
    NameBlock block(bytes->substr(middle * kBlock, kBlock));
    auto count = block.count();
    auto first = count ? block.at(0, *count) : std::nullopt;
    if (!first) return damaged();
    (first->text <= name ? low : high) = middle;
  }
  if (high == 0) return std::nullopt;
  NameBlock block(bytes->substr(low * kBlock, kBlock));
  auto count = block.count();
  if (!count) return damaged();
  for (size_t i = 0; i < *count; ++i) {
    auto at = block.at(i, *count);
    if (!at) return damaged();
    if (at->text == name) return *at;
  }
  return std::nullopt;
}

llvm::Expected<llvm::StringRef> Image::linkTarget(const Node& link) const {
  auto bytes = data(link);
  if (!bytes) return bytes.takeError();
  if (bytes->empty() || bytes->size() > kLongestLink || bytes->contains('\0'))
    return corrupt(link, "is a damaged symbolic link");
  return *bytes;
}

/// What one chunk says about the bytes from `position` to its end.
llvm::Expected<Image::Piece> Image::chunkAt(const Node& file, uint64_t position) const {
  uint32_t format = file.record->where, bits = format & kLargestChunkBits;
  if ((format & ~kLargestChunkBits) != kChunkIndexes) return corrupt(file, "is in chunks of an unknown form");
  uint64_t chunk = position >> (kBlockBits + bits), begin = chunk << (kBlockBits + bits);
  uint64_t table = llvm::alignTo(file.tail, sizeof(ChunkIndex));
  auto bytes = range(table + chunk * sizeof(ChunkIndex), sizeof(ChunkIndex),
                     "chunk " + llvm::Twine(chunk) + " of inode " + llvm::Twine(file.number));
  if (!bytes) return bytes.takeError();
  const auto& index = *recordIn<ChunkIndex>(*bytes);
  uint64_t size = std::min(kBlock << bits, file.record->size - begin), skipped = position - begin;
  Piece piece;
  piece.size = size - skipped;
  if (index.block == kHole) return piece;
  uint64_t offset = index.block * kBlock;
  if (index.device != 1 || index.blockHigh != 0 || offset > tarSize_ || size > tarSize_ - offset)
    return corrupt(file, "has a chunk outside of the tar");
  piece.inTar = offset + skipped;
  return piece;
}

llvm::Expected<Image::Piece> Image::pieceAt(const Node& file, uint64_t position, uint64_t limit) const {
  if (file.layout != Layout::Chunks) {
    auto bytes = data(file);
    if (!bytes) return bytes.takeError();
    llvm::StringRef piece = bytes->substr(position, limit);
    return Piece{.size = piece.size(), .bytes = piece, .inTar = {}};
  }
  auto piece = chunkAt(file, position);
  if (!piece) return piece.takeError();
  while (piece->size < limit && position + piece->size < file.record->size) {
    auto next = chunkAt(file, position + piece->size);
    if (!next) return next.takeError();
    bool goesOn = piece->inTar ? next->inTar == *piece->inTar + piece->size : !next->inTar;
    if (!goesOn) break;
    piece->size += next->size;
  }
  piece->size = std::min(piece->size, limit);
  return piece;
}

}  // namespace strata::layerfs::erofs
