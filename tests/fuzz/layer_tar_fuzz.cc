/// Input: a tar. It is indexed, the index is written, and what is read through it must be what the tar has.

#include "layerfs/erofs_reader.h"
#include "layerfs/erofs_writer.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/memory_file.h"
#include "tests/fuzz/mended_tar.h"

#include <map>

namespace strata::fuzz {

namespace {
using namespace layerfs;
using Id = LayerIndex::InodeId;

constexpr uint64_t kMostCompared = 1 << 20;

std::optional<std::string> writtenOf(const LayerIndex& index, int tar, uint64_t size) {
  StringSink image;
  auto error = writeErofs(index, tar, size, image);
  if (!error) return std::move(image.text);
  if (messageOf(std::move(error)).empty()) broken("a fault says what is wrong");
  return std::nullopt;
}

/// Compares what is read, entry by entry, with the tree in memory.
class Comparison {
public:
  Comparison(const LayerIndex& index, llvm::StringRef tar) : index_(index), tar_(tar) {
    std::vector<std::pair<std::string, Id>> todo = {{"", LayerIndex::kRoot}};
    while (!todo.empty()) {
      auto [path, id] = todo.back();
      todo.pop_back();
      const auto& inode = index.inode(id);
      if (inode.kind == EntryKind::Directory)
        for (auto name = inode.firstChild; name != LayerIndex::kNone; name = index.name(name).next)
          todo.push_back({path.empty() ? index.textOf(name).str() : path + "/" + index.textOf(name).str(),
                          index.name(name).inode});
      expected_.emplace(std::move(path), id);
    }
  }

  void check(const LayerEntry& entry, ByteSource& content) {
    auto found = expected_.find(entry.path);
    FUZZ_EXPECT(found != expected_.end(), "what is read is in the tar: " + entry.path);
    const auto& inode = index_.inode(found->second);
    if (entry.kind == EntryKind::Opaque) {
      FUZZ_EXPECT(inode.opaque, "a directory is opaque if the tar says so");
      return;
    }
    FUZZ_EXPECT(seen_.insert(entry.path).second, "a path is read once");
    if (entry.kind == EntryKind::Hardlink) {
      auto first = expected_.find(entry.linkTarget);
      FUZZ_EXPECT(first != expected_.end() && first->second == found->second, "hard links are of one file");
      return;
    }
    checkInode(entry, inode);
    if (entry.kind == EntryKind::File) checkContent(inode, content);
  }
  void finish() const { FUZZ_EXPECT(seen_.size() == expected_.size(), "all that is in the tar is read"); }

private:
  void checkInode(const LayerEntry& entry, const LayerIndex::Inode& inode) {
    FUZZ_EXPECT(entry.kind == inode.kind, "a file is of its kind");
    FUZZ_EXPECT(entry.linkTarget == (inode.target ? inode.target : ""), "a link leads where it led");
    FUZZ_EXPECT(entry.deviceMajor << 20 == (inode.device & 0xfff00000) && entry.deviceMinor == (inode.device & 0xfffff),
                "a device has its numbers");
    if (entry.kind == EntryKind::Whiteout) return;
    FUZZ_EXPECT(entry.mode == inode.mode && entry.uid == inode.uid && entry.gid == inode.gid, "modes and owners stay");
    FUZZ_EXPECT(entry.mtime == inode.mtime, "times stay");
    const auto* xattrs = index_.xattrsOf(inode);
    FUZZ_EXPECT(entry.xattrs == (xattrs ? *xattrs : LayerIndex::Xattrs()), "xattrs stay");
    if (entry.kind == EntryKind::File) FUZZ_EXPECT(entry.size == inode.size, "sizes stay");
  }

  void checkContent(const LayerIndex::Inode& inode, ByteSource& content) {
    std::vector<TarExtent> extents = index_.extentsOf(inode).vec();
    if (inode.extents == LayerIndex::kNone) extents = {{0, inode.size, inode.data}};
    std::string expected(std::min(inode.size, kMostCompared), '\0');
    for (const TarExtent& extent : extents) {
      FUZZ_EXPECT(extent.size == 0 || (extent.data <= tar_.size() && extent.size <= tar_.size() - extent.data),
                  "a file's bytes lie in the tar");
      if (extent.logical < expected.size())
        llvm::copy(tar_.substr(extent.data, std::min(extent.size, expected.size() - extent.logical)),
                   &expected[extent.logical]);
    }
    std::string read(expected.size(), '\0');
    for (size_t done = 0; done < read.size();) {
      auto got = content.read(&read[done], read.size() - done);
      if (!got) return broken("a file can be read: " + messageOf(got.takeError()));
      FUZZ_EXPECT(*got > 0, "a file is as long as it says");
      done += *got;
    }
    FUZZ_EXPECT(read == expected, "a file's bytes are those of the tar");
  }

  const LayerIndex& index_;
  llvm::StringRef tar_;
  std::map<std::string, Id> expected_;
  std::set<std::string> seen_;
};
}  // namespace

FUZZ_TARGET(layer_tar) {
  std::string tar = mendedTar(input);
  LayerIndex index;
  StringSource source(tar);
  auto scanned =
      scanLayerTar(source, [&](const LayerEntry& entry, const TarPlace& place) { return index.add(entry, place); });
  if (scanned) {
    FUZZ_EXPECT(!messageOf(std::move(scanned)).empty(), "a fault says what is wrong");
    return;
  }
  UniqueFd file = memoryFile(tar);
  auto image = writtenOf(index, file.get(), tar.size());
  if (!image) return;
  FUZZ_EXPECT(image == writtenOf(index, file.get(), tar.size()), "the same tar gives the same index");
  auto reader = ErofsReader::open(llvm::MemoryBuffer::getMemBuffer(*image, "index", false), std::move(file));
  if (!reader) return broken("what is written can be read: " + messageOf(reader.takeError()));
  Comparison comparison(index, tar);
  auto error = reader->walk([&](const LayerEntry& entry, ByteSource& content) {
    comparison.check(entry, content);
    return llvm::Error::success();
  });
  if (error) return broken("what is written can be walked: " + messageOf(std::move(error)));
  comparison.finish();
}

}  // namespace strata::fuzz
