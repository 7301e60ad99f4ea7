#include "layerfs/archive_library.h"
#include "layerfs/entry_path.h"
#include "layerfs/layer_tar.h"
#include "layerfs/overlay_format.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/SmallVector.h>

namespace strata::layerfs {

namespace {

/// "./a//b/" -> "a/b", "/a" -> "a", "a/../b" -> "b".
llvm::Expected<std::string> cleanPath(llvm::StringRef raw) {
  if (raw.size() >= kMaxPath)
    return fault(FaultKind::Invalid, "layer tar: a path is longer than " + llvm::Twine(kMaxPath) + " bytes");
  llvm::SmallVector<llvm::StringRef, 16> parts, kept;
  raw.split(parts, '/', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef part : parts) {
    if (part == ".") continue;
    if (part != "..") {
      kept.push_back(part);
    } else if (kept.empty()) {
      return fault(FaultKind::Invalid, "layer tar: '" + printable(raw) + "' leaves the layer");
    } else {
      kept.pop_back();
    }
  }
  return llvm::join(kept, "/");
}

enum class Meaning { Entry, Ignored };

/// Turns the marker files of OCI layers into the removals they stand for.
llvm::Expected<Meaning> recogniseMarkers(LayerEntry& entry) {
  llvm::SmallVector<llvm::StringRef, 16> parts;
  llvm::StringRef(entry.path).split(parts, '/');
  auto reserved = llvm::find_if(parts, [](llvm::StringRef part) { return part.starts_with(".wh."); });
  if (reserved == parts.end()) return Meaning::Entry;
  auto invalid = [&] {
    return fault(FaultKind::Invalid, "layer tar: '" + printable(entry.path) + "' is no valid removal");
  };
  llvm::StringRef name = *reserved;
  bool last = std::next(reserved) == parts.end();
  std::string above = llvm::join(parts.begin(), reserved, "/");
  if (name == ".wh..wh..opq" && last) {
    entry = LayerEntry{.path = above, .kind = EntryKind::Opaque};
    return Meaning::Entry;
  }
  if (name.starts_with(".wh..wh.")) return Meaning::Ignored;  // aufs' own bookkeeping, as old docker layers have it
  name.consume_front(".wh.");
  if (!last || name.empty() || name == "." || name == "..") return invalid();
  std::string path = above.empty() ? name.str() : above + "/" + name.str();
  entry = LayerEntry{.path = std::move(path), .kind = EntryKind::Whiteout};
  return Meaning::Entry;
}

llvm::Expected<Meaning> check(LayerEntry& entry) {
  auto path = cleanPath(entry.path);
  if (!path) return path.takeError();
  entry.path = std::move(*path);
  auto meaning = recogniseMarkers(entry);
  if (!meaning || *meaning == Meaning::Ignored) return meaning;
  auto invalid = [&](llvm::StringRef why) {
    return fault(FaultKind::Invalid, "layer tar: '" + printable(entry.path) + "' " + why);
  };
  bool directory = entry.kind == EntryKind::Directory || entry.kind == EntryKind::Opaque;
  if (entry.path.empty() && !directory) return invalid("would replace the root directory");
  if (entry.kind == EntryKind::Symlink) {
    if (entry.linkTarget.empty()) return invalid("is a symbolic link to nothing");
    entry.mode = 0777;
  }
  if (entry.kind == EntryKind::Hardlink) {
    auto target = cleanPath(entry.linkTarget);
    if (!target) return target.takeError();
    if (target->empty()) return invalid("is a hard link to the root directory");
    entry.linkTarget = std::move(*target);
    entry.xattrs.clear();
  }
  // A 0/0 character device is overlay's whiteout: mounted, it removes; so it is called what it is.
  if (entry.kind == EntryKind::CharacterDevice && entry.deviceMajor == 0 && entry.deviceMinor == 0)
    entry = LayerEntry{.path = entry.path, .kind = EntryKind::Whiteout};
  std::erase_if(entry.xattrs, [](const auto& xattr) { return !xattrTravels(xattr.first); });
  return Meaning::Entry;
}

/// The content of one entry: exactly as many bytes as its header says. Where a sparse file ends in a hole, libarchive
/// ends early; these bytes are zeros.
class EntryContent : public ByteSource {
public:
  EntryContent(ArchiveReader& archive, uint64_t size) : archive_(archive), rest_(size) {}
  llvm::Expected<size_t> read(char* buffer, size_t size) override {
    size = size_t(std::min<uint64_t>(size, rest_));
    if (size == 0) return 0;
    size_t count = 0;
    if (!ended_) {
      auto got = archive_.read(buffer, size);
      if (!got) return got.takeError();
      count = *got;
      ended_ = count == 0;
    }
    if (ended_) {
      std::fill_n(buffer, size, '\0');
      count = size;
    }
    rest_ -= count;
    return count;
  }

private:
  ArchiveReader& archive_;
  uint64_t rest_;
  bool ended_ = false;
};
}  // namespace

namespace {
llvm::Error readEntries(ByteSource& source, llvm::function_ref<llvm::Error(LayerEntry&, ArchiveReader&)> visit) {
  auto archive = ArchiveReader::open(source, ArchiveReader::Format::Tar);
  if (!archive) return archive.takeError();
  LayerEntry entry;
  for (;;) {
    auto more = (*archive)->next(entry);
    if (!more) return more.takeError();
    if (!*more) return llvm::Error::success();
    auto meaning = check(entry);
    if (!meaning) return meaning.takeError();
    if (*meaning == Meaning::Ignored) continue;
    if (auto error = visit(entry, **archive)) return error;
  }
}
}  // namespace

llvm::Error readLayerTar(ByteSource& source, TarVisitor visit) {
  return readEntries(source, [&](const LayerEntry& entry, ArchiveReader& archive) {
    EntryContent content(archive, entry.size);
    return visit(entry, content);
  });
}

llvm::Error scanLayerTar(ByteSource& source, TarPlaceVisitor visit) {
  return readEntries(source, [&](const LayerEntry& entry, ArchiveReader& archive) {
    return visit(entry, entry.kind == EntryKind::File ? archive.place() : TarPlace());
  });
}

}  // namespace strata::layerfs
