#include "layerfs/erofs_writer.h"

#include "layerfs/erofs_format.h"
#include "layerfs/erofs_xattrs.h"
#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/Support/MathExtras.h>

#include <sys/stat.h>
#include <unistd.h>
#include <cstring>
#include <numeric>

namespace strata::layerfs::erofs {

namespace {
using IndexInode = LayerIndex::Inode;
using InodeId = LayerIndex::InodeId;

constexpr uint64_t kMetadataStart = 3 * kBlock;  // behind super block and device table

constexpr uint64_t kMostChunks = 1 << 24;            // of one file: 8 GiB in pieces of a block
constexpr uint64_t kMostSparse = uint64_t(1) << 27;  // of an index, for all sparse files, beyond the tar's own size

uint16_t formatBits(EntryKind kind) {
  constexpr uint16_t bits[] = {0, S_IFREG, S_IFDIR, S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK, S_IFLNK};
  return bits[typeOf(kind)];
}

/// How a file's bytes are found: chunks of 2^bits blocks, each in one piece in the tar or a hole.
struct Chunks {
  uint32_t bits = 0;
  std::vector<uint32_t> blocks;  ///< of the tar, or kHole
};

bool isAligned(llvm::ArrayRef<TarExtent> extents, uint64_t fileSize) {
  for (const TarExtent& extent : extents) {
    bool last = extent.logical + extent.size == fileSize;
    if (extent.logical % kBlock != 0 || extent.data % kBlock != 0 || (!last && extent.size % kBlock != 0)) return false;
  }
  return true;
}

/// The largest chunk that no beginning or end of a piece falls inside of.
uint32_t chunkBitsFor(llvm::ArrayRef<TarExtent> extents, uint64_t size) {
  uint32_t whole = llvm::Log2_64_Ceil(std::max<uint64_t>(1, blocksOf(size)));
  uint64_t edges = 0;
  for (const TarExtent& extent : extents) {
    edges |= extent.logical;
    if (extent.logical + extent.size != size) edges |= extent.logical + extent.size;
  }
  uint32_t aligned = edges ? uint32_t(llvm::countr_zero(edges >> kBlockBits)) : whole;
  return std::min({whole, aligned, kLargestChunkBits});
}

/// What a lying header may claim: pieces outside of the tar or of the file, or a file cut so finely that its index
/// would outgrow it.
llvm::Error checkExtents(llvm::ArrayRef<TarExtent> extents, uint64_t size, uint64_t tarSize) {
  uint64_t end = 0;
  for (const TarExtent& extent : extents) {
    bool inTar = extent.data <= tarSize && extent.size <= tarSize - extent.data;
    bool inFile = extent.logical >= end && extent.logical <= size && extent.size <= size - extent.logical;
    if (!inTar || !inFile) return fault(FaultKind::Invalid, "a piece of a sparse file lies outside of it");
    end = extent.logical + extent.size;
  }
  uint64_t chunks = isAligned(extents, size) ? (size >> (kBlockBits + chunkBitsFor(extents, size))) : blocksOf(size);
  if (chunks > kMostChunks) return fault(FaultKind::Invalid, "a sparse file in too many pieces");
  return llvm::Error::success();
}

Chunks chunksOf(llvm::ArrayRef<TarExtent> extents, uint64_t size) {
  Chunks chunks{.bits = chunkBitsFor(extents, size), .blocks = {}};
  uint64_t chunk = kBlock << chunks.bits;
  chunks.blocks.assign((size + chunk - 1) / chunk, kHole);
  for (const TarExtent& extent : extents)
    for (uint64_t done = 0; done < extent.size; done += chunk)
      chunks.blocks[(extent.logical + done) / chunk] = uint32_t((extent.data + done) / kBlock);
  return chunks;
}

/// Bytes on their way to the sink, gathered, with the offset that they will have.
class Output {
public:
  explicit Output(ByteSink& sink) : sink_(sink) {}
  uint64_t offset() const { return offset_; }
  llvm::Error put(llvm::StringRef bytes) {
    buffer_ += bytes;
    offset_ += bytes.size();
    return buffer_.size() < kCopyBuffer ? llvm::Error::success() : flush();
  }
  template <typename T>
  llvm::Error putRecord(const T& record) {
    return put({reinterpret_cast<const char*>(&record), sizeof(record)});
  }
  llvm::Error padTo(uint64_t offset) {
    while (offset_ < offset)
      if (auto error = put(std::string(std::min<uint64_t>(offset - offset_, kCopyBuffer), '\0'))) return error;
    return llvm::Error::success();
  }
  llvm::Error flush() {
    auto error = sink_.write(buffer_);
    buffer_.clear();
    return error;
  }

private:
  ByteSink& sink_;
  std::string buffer_;
  uint64_t offset_ = 0;
};

/// Two passes over the tree in one order: first every inode gets its place, then everything is written.
class IndexWriter {
public:
  IndexWriter(const LayerIndex& index, int tar, uint64_t tarSize, ByteSink& sink)
      : index_(index), tar_(tar), tarSize_(tarSize), out_(sink), places_(index.inodeCount(), 0) {}
  llvm::Error write();

private:
  struct Child {
    llvm::StringRef name;
    InodeId inode;
  };
  /// What follows an inode, and where the rest of it lies.
  struct Shape {
    Layout layout = Layout::Plain;
    std::string xattrs;
    uint64_t size = 0;        ///< of directory, link or file
    uint64_t tail = 0;        ///< bytes behind the inode: inline data or chunk indexes
    uint64_t dataBlocks = 0;  ///< in the image's data area
  };

  std::vector<Child> childrenOf(InodeId directory) const;
  uint64_t directorySize(llvm::ArrayRef<Child> children) const;
  std::string packDirectory(llvm::ArrayRef<Child> children) const;
  std::vector<TarExtent> extentsOf(const IndexInode& inode) const;
  llvm::Expected<Shape> shapeOf(InodeId id, llvm::ArrayRef<Child> children) const;

  llvm::Error place(InodeId id, llvm::ArrayRef<Child> children);
  llvm::Error placeAll();
  llvm::Error writeHead();
  llvm::Error writeInode(InodeId id);
  llvm::Error writeTail(const IndexInode& inode, const Shape& shape, llvm::ArrayRef<Child> children);
  llvm::Error writeData(InodeId id);
  llvm::Error copyFile(const IndexInode& inode);

  const LayerIndex& index_;
  int tar_;
  uint64_t tarSize_;
  Output out_;
  std::vector<uint32_t> places_;  ///< of each inode, in units of kInodeSlot; 0: none yet
  std::vector<InodeId> order_;    ///< by place
  uint64_t metadataEnd_ = kMetadataStart;
  uint64_t dataBlocks_ = 0;
  uint64_t sparse_ = 0;    ///< bytes that the pieces of files take in the index
  uint64_t nextData_ = 0;  ///< block, while writing inodes
};

std::vector<IndexWriter::Child> IndexWriter::childrenOf(InodeId directory) const {
  std::vector<Child> children;
  for (auto id = index_.inode(directory).firstChild; id != LayerIndex::kNone; id = index_.name(id).next)
    children.push_back({index_.textOf(id), index_.name(id).inode});
  children.push_back({"..", index_.inode(directory).parent});
  children.push_back({".", directory});
  std::reverse(children.begin(), children.end());  // the index has the last that came first: most tars are sorted
  auto byName = [](const Child& a, const Child& b) { return a.name < b.name; };
  if (!llvm::is_sorted(children, byName)) llvm::sort(children, byName);
  return children;
}

uint64_t IndexWriter::directorySize(llvm::ArrayRef<Child> children) const {
  uint64_t blocks = 0, used = 0;
  for (const Child& child : children) {
    uint64_t cost = sizeof(DirectoryEntry) + child.name.size();
    if (used + cost > kBlock) {
      ++blocks;
      used = 0;
    }
    used += cost;
  }
  return blocks * kBlock + used;
}

/// Blocks of entries followed by their names, filled up with zeros but for the last.
std::string IndexWriter::packDirectory(llvm::ArrayRef<Child> children) const {
  std::string packed;
  while (!children.empty()) {
    size_t count = 0;
    for (uint64_t used = 0; count < children.size(); ++count) {
      used += sizeof(DirectoryEntry) + children[count].name.size();
      if (used > kBlock) break;
    }
    packed.resize((packed.size() + kBlock - 1) / kBlock * kBlock);
    size_t names = count * sizeof(DirectoryEntry);
    for (const Child& child : children.take_front(count)) {
      DirectoryEntry entry{};
      entry.number = places_[child.inode];
      entry.nameOffset = uint16_t(names);
      entry.type = typeOf(index_.inode(child.inode).kind);
      names += child.name.size();
      packed.append(reinterpret_cast<const char*>(&entry), sizeof(entry));
    }
    for (const Child& child : children.take_front(count)) packed += child.name;
    children = children.drop_front(count);
  }
  return packed;
}

std::vector<TarExtent> IndexWriter::extentsOf(const IndexInode& inode) const {
  if (inode.extents == LayerIndex::kNone) return {{0, inode.size, inode.data}};
  return index_.extentsOf(inode).vec();
}

llvm::Expected<IndexWriter::Shape> IndexWriter::shapeOf(InodeId id, llvm::ArrayRef<Child> children) const {
  const IndexInode& inode = index_.inode(id);
  auto xattrs = packXattrs(index_.xattrsOf(inode), inode.opaque);
  if (!xattrs) return xattrs.takeError();
  Shape shape{.xattrs = std::move(*xattrs)};
  if (inode.kind == EntryKind::File && inode.size > 0) {
    std::vector<TarExtent> extents = extentsOf(inode);
    if (auto error = checkExtents(extents, inode.size, tarSize_)) return error;
    shape.size = inode.size;
    if (isAligned(extents, inode.size)) {
      shape.layout = Layout::Chunks;
      shape.tail = chunksOf(extents, inode.size).blocks.size() * sizeof(ChunkIndex);
    } else {
      shape.dataBlocks = blocksOf(inode.size);
    }
  } else if (inode.kind == EntryKind::Directory || inode.kind == EntryKind::Symlink) {
    shape.size = inode.kind == EntryKind::Symlink ? std::strlen(inode.target) : directorySize(children);
    bool fits = sizeof(Inode) + shape.xattrs.size() + shape.size <= kBlock;
    shape.layout = fits ? Layout::Inline : Layout::Plain;
    (fits ? shape.tail : shape.dataBlocks) = fits ? shape.size : blocksOf(shape.size);
  }
  return shape;
}

llvm::Error IndexWriter::place(InodeId id, llvm::ArrayRef<Child> children) {
  auto shape = shapeOf(id, children);
  if (!shape) return shape.takeError();
  uint64_t at = llvm::alignTo(metadataEnd_, kInodeSlot);
  uint64_t head = sizeof(Inode) + shape->xattrs.size();
  if (shape->layout == Layout::Inline && (at + head) / kBlock != (at + head + shape->tail - 1) / kBlock)
    at = llvm::alignTo(at, kBlock);  // inline data lies in one block
  places_[id] = uint32_t(at / kInodeSlot);
  order_.push_back(id);
  uint64_t tail = at + head;
  if (shape->layout == Layout::Chunks) tail = llvm::alignTo(tail, sizeof(ChunkIndex));
  metadataEnd_ = tail + shape->tail;
  dataBlocks_ += shape->dataBlocks;
  if (index_.inode(id).kind == EntryKind::File) sparse_ += shape->tail + shape->dataBlocks * kBlock;
  if (sparse_ > tarSize_ + kMostSparse) return fault(FaultKind::Invalid, "sparse files in too many pieces");
  if (metadataEnd_ / kInodeSlot >= UINT32_MAX) return fault(FaultKind::Invalid, "the layer has too many files");
  return llvm::Error::success();
}

/// Directory by directory, each followed by its files: what is listed together is read together.
llvm::Error IndexWriter::placeAll() {
  if (auto error = place(LayerIndex::kRoot, childrenOf(LayerIndex::kRoot))) return error;
  std::vector<InodeId> directories = {LayerIndex::kRoot};
  for (size_t i = 0; i < directories.size(); ++i)
    for (const Child& child : childrenOf(directories[i])) {
      if (places_[child.inode]) continue;  // ".", "..", and the further names of a file
      bool directory = index_.inode(child.inode).kind == EntryKind::Directory;
      if (directory) directories.push_back(child.inode);
      if (auto error = place(child.inode, directory ? childrenOf(child.inode) : std::vector<Child>())) return error;
    }
  return llvm::Error::success();
}

llvm::Error IndexWriter::writeHead() {
  SuperBlock super{};
  super.magic = kMagic;
  super.blockBits = kBlockBits;
  super.rootNumber = uint16_t(places_[LayerIndex::kRoot]);
  super.inodes = order_.size();
  super.blocks = uint32_t(blocksOf(metadataEnd_) + dataBlocks_);
  super.featureIncompat = kChunkedFiles | kDeviceTable;
  super.extraDevices = 1;
  super.deviceSlotOffset = uint16_t((kSuperOffset + sizeof(SuperBlock)) / kDeviceSlot);
  DeviceSlot device{};
  device.blocks = uint32_t(blocksOf(tarSize_));
  if (auto error = out_.padTo(kSuperOffset)) return error;
  if (auto error = out_.putRecord(super)) return error;
  return out_.putRecord(device);
}

llvm::Error IndexWriter::writeInode(InodeId id) {
  const IndexInode& from = index_.inode(id);
  std::vector<Child> children;
  if (from.kind == EntryKind::Directory) children = childrenOf(id);
  auto shape = shapeOf(id, children);
  if (!shape) return shape.takeError();

  Inode inode{};
  inode.format = uint16_t(kExtendedInode | uint16_t(shape->layout) << 1);
  if (!shape->xattrs.empty()) inode.xattrUnits = uint16_t(1 + (shape->xattrs.size() - sizeof(XattrHeader)) / 4);
  inode.mode = uint16_t(formatBits(from.kind) | from.mode);
  inode.size = shape->size;
  inode.number = uint32_t(out_.offset() / kInodeSlot);
  inode.uid = from.uid;
  inode.gid = from.gid;
  int64_t seconds = from.mtime / 1'000'000'000, nanoseconds = from.mtime % 1'000'000'000;
  if (nanoseconds < 0) {
    --seconds;
    nanoseconds += 1'000'000'000;
  }
  inode.mtime = uint64_t(seconds);
  inode.mtimeNanoseconds = uint32_t(nanoseconds);
  inode.links = from.links;
  if (from.kind == EntryKind::Directory)
    inode.links =
        uint32_t(llvm::count_if(children,
                                [&](const Child& child) {
                                  return index_.inode(child.inode).kind == EntryKind::Directory && child.name != "..";
                                })) +
        1;  // its own name and ".", and each ".." below
  if (shape->dataBlocks) {
    inode.where = uint32_t(nextData_);
    nextData_ += shape->dataBlocks;
  } else if (shape->layout == Layout::Chunks) {
    inode.where = kChunkIndexes | chunkBitsFor(extentsOf(from), from.size);
  } else if (from.kind == EntryKind::CharacterDevice || from.kind == EntryKind::BlockDevice) {
    uint32_t major = from.device >> 20, minor = from.device & 0xfffff;
    inode.where = (minor & 0xff) | major << 8 | (minor & ~0xffu) << 12;
  }
  if (auto error = out_.putRecord(inode)) return error;
  if (auto error = out_.put(shape->xattrs)) return error;
  return writeTail(from, *shape, children);
}

llvm::Error IndexWriter::writeTail(const IndexInode& inode, const Shape& shape, llvm::ArrayRef<Child> children) {
  if (shape.layout == Layout::Inline)
    return out_.put(inode.kind == EntryKind::Symlink ? std::string(inode.target) : packDirectory(children));
  if (shape.layout != Layout::Chunks) return llvm::Error::success();
  if (auto error = out_.padTo(llvm::alignTo(out_.offset(), sizeof(ChunkIndex)))) return error;
  for (uint32_t block : chunksOf(extentsOf(inode), inode.size).blocks) {
    ChunkIndex index{};
    index.device = block == kHole ? 0 : 1;
    index.block = block;
    if (auto error = out_.putRecord(index)) return error;
  }
  return llvm::Error::success();
}

llvm::Error IndexWriter::copyFile(const IndexInode& inode) {
  uint64_t begin = out_.offset();
  std::string buffer;
  for (const TarExtent& extent : extentsOf(inode)) {
    if (auto error = out_.padTo(begin + extent.logical)) return error;
    for (uint64_t done = 0; done < extent.size; done += buffer.size()) {
      buffer.resize(size_t(std::min<uint64_t>(kCopyBuffer, extent.size - done)));
      ssize_t got = ::pread(tar_, buffer.data(), buffer.size(), off_t(extent.data + done));
      if (got <= 0) return errnoFault("read the layer's tar", got < 0 ? errno : EIO);
      buffer.resize(size_t(got));
      if (auto error = out_.put(buffer)) return error;
    }
  }
  return out_.padTo(begin + inode.size);
}

llvm::Error IndexWriter::writeData(InodeId id) {
  const IndexInode& inode = index_.inode(id);
  std::vector<Child> children;
  if (inode.kind == EntryKind::Directory) children = childrenOf(id);
  auto shape = shapeOf(id, children);
  if (!shape) return shape.takeError();
  if (shape->dataBlocks == 0) return llvm::Error::success();
  uint64_t end = out_.offset() + shape->dataBlocks * kBlock;
  auto error = inode.kind == EntryKind::Directory ? out_.put(packDirectory(children))
               : inode.kind == EntryKind::Symlink ? out_.put(inode.target)
                                                  : copyFile(inode);
  if (error) return error;
  return out_.padTo(end);
}

llvm::Error IndexWriter::write() {
  if (blocksOf(tarSize_) >= kHole) return fault(FaultKind::Invalid, "a layer of more than 2 TiB");
  if (auto error = placeAll()) return error;
  if (auto error = writeHead()) return error;
  nextData_ = blocksOf(metadataEnd_);
  for (InodeId id : order_) {
    if (auto error = out_.padTo(places_[id] * kInodeSlot)) return error;
    if (auto error = writeInode(id)) return error;
  }
  if (auto error = out_.padTo(llvm::alignTo(out_.offset(), kBlock))) return error;
  for (InodeId id : order_)
    if (auto error = writeData(id)) return error;
  return out_.flush();
}
}  // namespace

}  // namespace strata::layerfs::erofs

namespace strata::layerfs {

llvm::Error writeErofs(const LayerIndex& index, int tar, uint64_t tarSize, ByteSink& sink) {
  return erofs::IndexWriter(index, tar, tarSize, sink).write();
}

}  // namespace strata::layerfs
