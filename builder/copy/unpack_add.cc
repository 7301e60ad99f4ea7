#include "builder/copy/unpack_add.h"

#include "builder/context/rooted_path.h"
#include "builder/context/tar_sniff.h"
#include "builder/copy/merged_view.h"
#include "layerfs/layer_tar.h"
#include "layerfs/tree_writer.h"
#include "support/fault.h"
#include "support/text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <climits>

namespace strata::builder {

using layerfs::EntryKind;
using layerfs::LayerEntry;

llvm::Expected<bool> isArchive(const SelectedSource& source) {
  if (source.keepPacked || source.node->entry.kind != EntryKind::File || source.node->entry.size == 0) return false;
  auto fd = source.tree->openNode(source, "");
  if (!fd) return fd.takeError();
  FdSource file(fd->get());
  auto tar = findTar(file);
  if (!tar) return tar.takeError();
  return (*tar)->isTar;
}

namespace {
using Visit = llvm::function_ref<llvm::Error(const LayerEntry&, ByteSource&)>;

/// Every entry of a selected archive but its root directory, which does not change the destination's own metadata.
llvm::Error readArchive(const SelectedSource& source, Visit visit) {
  auto fd = source.tree->openNode(source, "");
  if (!fd) return fd.takeError();
  FdSource file(fd->get());
  auto tar = findTar(file);
  if (!tar) return tar.takeError();
  auto error = layerfs::readLayerTar(**tar, [&](const LayerEntry& entry, ByteSource& content) -> llvm::Error {
    if (entry.kind == EntryKind::Whiteout || entry.kind == EntryKind::Opaque)
      return fault(FaultKind::Invalid,
                   "\"" + printable(entry.path) + "\" is a name or device that layers keep for removals");
    if (entry.path.empty()) return llvm::Error::success();
    return visit(entry, content);
  });
  return withContext(std::move(error), "extract \"/" + printable(source.path) + "\"");
}

MergedView::Kind kindInView(const LayerEntry& entry) {
  if (entry.kind == EntryKind::Directory) return MergedView::Kind::Directory;
  return entry.kind == EntryKind::Symlink ? MergedView::Kind::Link : MergedView::Kind::Other;
}

/// What the parent has at a path, written down in the facts.
llvm::Expected<MergedView::Entry> askParent(const ParentTree& parent, const std::string& path,
                                            DestinationFacts& facts) {
  UniqueFd fd = openBeneath(parent.root, path, O_PATH);
  struct stat status;
  if (!fd || ::fstat(fd.get(), &status) != 0) return MergedView::Entry();
  if (S_ISDIR(status.st_mode)) {
    auto known = [&](const auto& ancestor) { return ancestor.path == path; };
    if (!llvm::any_of(facts.existing, known)) {
      auto directory = lookAtDirectory(parent, path);
      if (!directory) return directory.takeError();
      facts.existing.push_back(std::move(*directory));
    }
    return MergedView::Entry{MergedView::Kind::Directory, ""};
  }
  if (!S_ISLNK(status.st_mode)) return MergedView::Entry{MergedView::Kind::Other, ""};
  char target[PATH_MAX];
  ssize_t size = ::readlinkat(fd.get(), "", target, sizeof target);
  if (size < 0) return errnoFault("read the link /" + printable(path));
  facts.links[path] = std::string(target, size_t(size));
  return MergedView::Entry{MergedView::Kind::Link, facts.links[path]};
}
}  // namespace

llvm::Error lookAtArchives(const CopyRequest& request, const ParentTree& parent, DestinationFacts& facts) {
  MergedView view(facts.path, [&](const std::string& path) { return askParent(parent, path, facts); });
  auto implied = [](const std::string&, bool) { return llvm::Error::success(); };
  for (size_t archive : facts.archives) {
    auto visit = [&](const LayerEntry& entry, ByteSource&) -> llvm::Error {
      auto place = view.placeOf(entry.path, implied);
      if (!place) return place.takeError();
      if (entry.kind == EntryKind::Hardlink)
        if (auto target = view.placeOf(entry.linkTarget, implied); !target) return target.takeError();
      view.made(*place, kindInView(entry), entry.linkTarget);
      return llvm::Error::success();
    };
    if (auto error = readArchive(request.selection.sources[archive], visit)) return error;
  }
  return llvm::Error::success();
}

struct ArchiveUnpacker::Impl {
  Impl(std::string upper, const CopyRequest& request, const DestinationFacts& facts)
      : upper(std::move(upper)),
        request(request),
        facts(facts),
        view(facts.path, [this](const std::string& path) { return askFacts(path); }) {
    for (const auto& ancestor : facts.existing) existing[ancestor.path] = &ancestor;
  }

  llvm::Expected<MergedView::Entry> askFacts(const std::string& path) const {
    if (existing.count(path)) return MergedView::Entry{MergedView::Kind::Directory, ""};
    if (auto link = facts.links.find(path); link != facts.links.end())
      return MergedView::Entry{MergedView::Kind::Link, link->second};
    return MergedView::Entry();
  }

  llvm::Error makeImplied(layerfs::TreeWriter& writer, const std::string& path, bool inParent) const {
    LayerEntry entry{.path = path, .kind = EntryKind::Directory, .mode = 0755};
    entry.mtime = request.createdTime;
    if (inParent) {
      const DestinationFacts::Ancestor& known = *existing.at(path);
      entry.mode = known.mode;
      entry.uid = known.uid;
      entry.gid = known.gid;
      entry.mtime = known.mtime;
      entry.xattrs = known.xattrs;
    }
    StringSource nothing("");
    return writer.add(entry, nothing);
  }

  llvm::Error add(layerfs::TreeWriter& writer, LayerEntry entry, ByteSource& content) {
    auto implied = [&](const std::string& path, bool inParent) { return makeImplied(writer, path, inParent); };
    auto place = view.placeOf(entry.path, implied);
    if (!place) return place.takeError();
    std::string target = entry.linkTarget;
    if (entry.kind == EntryKind::Hardlink) {
      auto first = view.placeOf(entry.linkTarget, implied);
      if (!first) return first.takeError();
      entry.linkTarget = std::move(*first);
    }
    entry.path = std::move(*place);
    if (request.uid) entry.uid = *request.uid;
    if (request.gid) entry.gid = *request.gid;
    if (auto error = writer.add(entry, content)) return error;
    if (!view.made(entry.path, kindInView(entry), target)) return llvm::Error::success();
    StringSource nothing("");
    return writer.add(LayerEntry{.path = entry.path, .kind = EntryKind::Opaque}, nothing);
  }

  std::string upper;
  const CopyRequest& request;
  const DestinationFacts& facts;
  std::map<std::string, const DestinationFacts::Ancestor*> existing;
  MergedView view;
};

ArchiveUnpacker::ArchiveUnpacker(const std::string& upper, const CopyRequest& request, const DestinationFacts& facts)
    : impl_(std::make_unique<Impl>(upper, request, facts)) {}
ArchiveUnpacker::~ArchiveUnpacker() = default;

llvm::Error ArchiveUnpacker::unpack(const SelectedSource& source, CopyResult& result, const CancelToken& cancel) {
  auto writer = layerfs::TreeWriter::open(impl_->upper, layerfs::Removals::Marked);
  if (!writer) return writer.takeError();
  auto visit = [&](const LayerEntry& entry, ByteSource& content) -> llvm::Error {
    if (auto error = cancel.check()) return error;
    if (entry.kind != EntryKind::Directory) ++result.files;
    result.bytes += entry.size;
    return impl_->add(*writer, entry, content);
  };
  if (auto error = readArchive(source, visit)) return error;
  return writer->finish();
}

}  // namespace strata::builder
