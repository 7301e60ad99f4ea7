#pragma once
/// \file EROFS on disk, as far as layers need it: little-endian records of fixed size. Source: Linux, the EROFS pages
/// of Documentation/filesystems and the project's on-disk format description (core, chunk-based, xattrs, devices).

#include "layerfs/layer_entry.h"

#include <llvm/Support/Endian.h>

#include <cstdint>

namespace strata::layerfs::erofs {

using llvm::support::ulittle16_t;
using llvm::support::ulittle32_t;
using llvm::support::ulittle64_t;

inline constexpr uint64_t kBlockBits = 9;  ///< a tar's own unit, so that every file begins on a block
inline constexpr uint64_t kBlock = 1 << kBlockBits;
inline uint64_t blocksOf(uint64_t bytes) { return bytes / kBlock + (bytes % kBlock != 0); }
inline constexpr uint64_t kSuperOffset = 1024;
inline constexpr uint32_t kMagic = 0xE0F5E1E2;
inline constexpr uint32_t kChunkedFiles = 0x4, kDeviceTable = 0x8;  ///< features a reader must know
inline constexpr uint64_t kInodeSlot = 32;                          ///< unit of inode numbers
inline constexpr uint64_t kDeviceSlot = 128;

struct SuperBlock {
  ulittle32_t magic, checksum, featureCompat;
  uint8_t blockBits, extensionSlots;
  ulittle16_t rootNumber;
  ulittle64_t inodes, buildTime;
  ulittle32_t buildTimeNanoseconds, blocks, metaBlock, xattrBlock;
  uint8_t uuid[16], volumeName[16];
  ulittle32_t featureIncompat;
  ulittle16_t compression, extraDevices, deviceSlotOffset;
  uint8_t directoryBlockBits, xattrPrefixes;
  ulittle32_t xattrPrefixStart;
  ulittle64_t packedNumber;
  uint8_t xattrFilterReserved, reserved[23];
};
static_assert(sizeof(SuperBlock) == 128);

struct DeviceSlot {
  uint8_t tag[64];
  ulittle32_t blocks, mappedBlock;
  uint8_t reserved[56];
};
static_assert(sizeof(DeviceSlot) == kDeviceSlot);

enum class Layout : uint16_t { Plain = 0, Inline = 2, Chunks = 4 };
inline constexpr uint16_t kExtendedInode = 1;

struct Inode {
  ulittle16_t format;      ///< kExtendedInode | layout << 1
  ulittle16_t xattrUnits;  ///< 0, or 1 + (bytes of the xattr body - 12) / 4
  ulittle16_t mode, reserved;
  ulittle64_t size;
  ulittle32_t where;  ///< first block, device number or chunk format
  ulittle32_t number, uid, gid;
  ulittle64_t mtime;
  ulittle32_t mtimeNanoseconds, links;
  uint8_t reserved2[16];
};
static_assert(sizeof(Inode) == 64);

inline constexpr uint32_t kChunkIndexes = 0x20;  ///< in the chunk format: 8-byte indexes; the low 5 bits are the size
inline constexpr uint32_t kLargestChunkBits = 31;
inline constexpr uint32_t kHole = 0xFFFFFFFF;

struct ChunkIndex {
  ulittle16_t blockHigh, device;
  ulittle32_t block;
};
static_assert(sizeof(ChunkIndex) == 8);

struct DirectoryEntry {
  ulittle64_t number;
  ulittle16_t nameOffset;  ///< from the beginning of the block
  uint8_t type, reserved;
};
static_assert(sizeof(DirectoryEntry) == 12);
enum FileType : uint8_t { kRegular = 1, kDirectory, kCharacter, kBlockDevice, kFifo, kSocket, kSymlink };
inline FileType typeOf(EntryKind kind) {
  switch (kind) {
    case EntryKind::Directory:
      return kDirectory;
    case EntryKind::Symlink:
      return kSymlink;
    case EntryKind::CharacterDevice:
    case EntryKind::Whiteout:
      return kCharacter;
    case EntryKind::BlockDevice:
      return kBlockDevice;
    case EntryKind::Fifo:
      return kFifo;
    default:
      return kRegular;
  }
}

struct XattrHeader {
  ulittle32_t nameFilter;
  uint8_t sharedCount, reserved[7];
};
static_assert(sizeof(XattrHeader) == 12);
struct XattrEntry {
  uint8_t nameLength, prefix;
  ulittle16_t valueSize;
};
static_assert(sizeof(XattrEntry) == 4);

}  // namespace strata::layerfs::erofs
