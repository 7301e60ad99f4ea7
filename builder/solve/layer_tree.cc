#include "builder/solve/layer_tree.h"

#include "builder/context/xattrs.h"
#include "layerfs/empty_layer.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <sys/sysmacros.h>

namespace strata::builder {

using layerfs::EntryKind;
using layerfs::LayerEntry;

namespace {
/// Objects go to the database in pieces of this size: one commit a piece, which no other writer has to wait long for.
constexpr size_t kBatchBytes = size_t(4) << 20;

/// The directory and the name in it.
std::pair<llvm::StringRef, llvm::StringRef> splitPath(llvm::StringRef path) {
  size_t slash = path.rfind('/');
  if (slash == llvm::StringRef::npos) return {"", path};
  return {path.take_front(slash), path.drop_front(slash + 1)};
}

/// What an entry says, times apart.
TreeEntry treeEntryOf(const LayerEntry& entry) {
  TreeEntry made{.name = splitPath(entry.path).second.str(), .kind = entry.kind};
  if (entry.kind == EntryKind::Hardlink) made.linkTarget = entry.linkTarget;
  if (entry.kind == EntryKind::Hardlink || entry.kind == EntryKind::Whiteout) return made;
  made.uid = entry.uid;
  made.gid = entry.gid;
  made.xattrs = xattrsDigest(entry.xattrs);
  if (entry.kind == EntryKind::Symlink)
    made.linkTarget = entry.linkTarget;  // its mode means nothing, and tars say different things
  else
    made.mode = entry.mode & 07777;
  if (entry.kind == EntryKind::File) made.size = entry.size;
  if (entry.kind == EntryKind::CharacterDevice || entry.kind == EntryKind::BlockDevice)
    made.device = makedev(entry.deviceMajor, entry.deviceMinor);
  return made;
}

/// Takes a layer's entries in pathLess order and gives its objects, each as soon as its directory is left.
class LayerTree {
public:
  LayerTree(TreeDepth depth, TreeStore& trees) : depth_(depth), trees_(trees), buffer_(kCopyBuffer) {
    open_.push_back({});
  }

  llvm::Error add(const LayerEntry& entry, ByteSource& content) {
    if (entry.kind == EntryKind::Socket) return llvm::Error::success();  // layers do not carry these
    if (entry.path.empty() || entry.kind == EntryKind::Opaque) return addToDirectory(entry);
    if (auto error = goTo(splitPath(entry.path).first, entry)) return error;
    TreeEntry made = treeEntryOf(entry);
    if (open_.back().last >= made.name) return disorder(entry);
    open_.back().last = made.name;
    if (entry.kind == EntryKind::Directory) {
      open_.push_back({.path = entry.path, .self = std::move(made)});
      return llvm::Error::success();
    }
    if (entry.kind == EntryKind::File && depth_ == TreeDepth::Content) {
      auto digest = digestOfContent(content);
      if (!digest) return withContext(digest.takeError(), printable(entry.path));
      made.content = *digest;
    }
    open_.back().bytes += made.size;
    open_.back().object.entries.push_back(std::move(made));
    return llvm::Error::success();
  }

  llvm::Expected<Digest> finish() {
    while (open_.size() > 1)
      if (auto error = leave()) return error;
    Digest root = keep(open_.back().object);
    if (auto error = flush()) return error;
    return root;
  }

private:
  struct Directory {
    std::string path;
    TreeEntry self;
    TreeObject object;
    std::string last;  ///< name of the entry that came last
    uint64_t bytes = 0;
  };

  static llvm::Error disorder(const LayerEntry& entry) {
    return fault(FaultKind::Invalid, printable(entry.path) + " does not stand where a sorted layer has it");
  }

  /// Marks and attributes of a directory that is open.
  llvm::Error addToDirectory(const LayerEntry& entry) {
    if (auto error = goTo(entry.path, entry)) return error;
    std::vector<TreeEntry>& entries = open_.back().object.entries;
    if (entry.kind == EntryKind::Opaque) {
      entries.push_back({.kind = EntryKind::Opaque});
      return llvm::Error::success();
    }
    if (layerfs::isUsualRoot(entry)) return llvm::Error::success();
    TreeEntry root = treeEntryOf(entry);
    root.name.push_back('.');
    entries.push_back(std::move(root));
    return llvm::Error::success();
  }

  /// Leaves directories until `path` is the innermost one.
  llvm::Error goTo(llvm::StringRef path, const LayerEntry& entry) {
    while (open_.size() > 1 && open_.back().path != path)
      if (auto error = leave()) return error;
    return open_.back().path == path ? llvm::Error::success() : disorder(entry);
  }

  llvm::Error leave() {
    Directory left = std::move(open_.back());
    open_.pop_back();
    left.self.content = keep(left.object);
    left.self.size = left.bytes;
    open_.back().bytes += left.bytes;
    open_.back().object.entries.push_back(std::move(left.self));
    return pending_ < kBatchBytes ? llvm::Error::success() : flush();
  }

  Digest keep(TreeObject& object) {
    llvm::sort(object.entries, [](const TreeEntry& a, const TreeEntry& b) { return a.name < b.name; });
    std::string encoded = object.encode();
    Digest digest = digestOf(encoded);
    pending_ += encoded.size();
    objects_.emplace_back(digest, std::move(encoded));
    return digest;
  }

  llvm::Error flush() {
    auto error = trees_.transact([&]() -> llvm::Error {
      for (const auto& [digest, encoded] : objects_)
        if (auto failed = trees_.put(digest, encoded)) return failed;
      return llvm::Error::success();
    });
    objects_.clear();
    pending_ = 0;
    return error;
  }

  llvm::Expected<Digest> digestOfContent(ByteSource& content) {
    Hasher hasher;
    for (;;) {
      auto got = content.read(buffer_.data(), buffer_.size());
      if (!got) return got.takeError();
      if (*got == 0) return hasher.finish();
      hasher.update({buffer_.data(), *got});
    }
  }

  TreeDepth depth_;
  TreeStore& trees_;
  std::vector<char> buffer_;
  std::vector<Directory> open_;  ///< from the root to the innermost
  std::vector<std::pair<Digest, std::string>> objects_;
  size_t pending_ = 0;  ///< bytes in objects_
};
}  // namespace

llvm::Expected<Digest> treeOfLayer(layerfs::Layer& layer, TreeDepth depth, TreeStore& trees,
                                   const CancelToken& cancel) {
  LayerTree tree(depth, trees);
  auto error = layer.walk([&](const LayerEntry& entry, ByteSource& content) -> llvm::Error {
    if (auto stopped = cancel.check()) return stopped;
    return tree.add(entry, content);
  });
  if (error) return error;
  return tree.finish();
}

}  // namespace strata::builder
