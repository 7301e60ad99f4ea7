#include "runtime/files/copy_files.h"

#include "layerfs/decompression.h"
#include "layerfs/layer_tar.h"
#include "layerfs/tree_writer.h"
#include "runtime/files/file_walk.h"
#include "runtime/files/path_end.h"
#include "runtime/files/steady_source.h"
#include "support/fault.h"
#include "support/text.h"

#include <sys/stat.h>

namespace strata::runtime {

namespace {
using layerfs::EntryKind;
using layerfs::FinalLink;
using layerfs::LayerEntry;

constexpr uint32_t kOwnersRights = S_ISUID | S_ISGID;

/// docker's words for what a command line names and is not there.
llvm::Error missing(const CopyEnd& end, llvm::Error cause) {
  if (!takeIf(cause, FaultKind::NotFound)) return withContext(std::move(cause), printable(end.shown));
  if (end.root == kHostRoot)
    return fault(FaultKind::NotFound, "lstat " + printable(end.path) + ": no such file or directory");
  auto [container, path] = llvm::StringRef(end.shown).split(':');
  return fault(FaultKind::NotFound, "Could not find the file " + printable(path) + " in container " + container);
}

llvm::Error missingAbove(const CopyEnd& end, llvm::Error cause) {
  if (end.root != kHostRoot || !takeIf(cause, FaultKind::NotFound)) return missing(end, std::move(cause));
  return fault(FaultKind::NotFound,
               "invalid output path: the directory of \"" + printable(end.path) + "\" does not exist");
}

llvm::Expected<PathEnd> findSource(const CopyEnd& from, const CopyOptions& options) {
  auto source = findPathEnd(from.root, from.path, options.followLink ? FinalLink::Follow : FinalLink::Keep);
  if (!source) return missing(from, source.takeError());
  if (!source->status) return missing(from, fault(FaultKind::NotFound, ""));
  if (source->wantsDirectory && !source->isDirectory())
    return fault(FaultKind::Invalid, printable(from.shown) + ": not a directory");
  return source;
}

/// Where the source goes.
struct Target {
  UniqueFd directory;
  std::string name;  ///< in it; "": what the source has in it goes into the directory
};

llvm::Expected<Target> findTarget(const PathEnd& source, const CopyEnd& to) {
  auto end = findPathEnd(to.root, to.path, FinalLink::Follow);
  if (!end) return missingAbove(to, end.takeError());
  if (end->isDirectory()) {
    auto directory = openDirectory(*end);
    if (!directory) return withContext(directory.takeError(), printable(to.shown));
    return Target{std::move(*directory), source.wantsContents ? "" : source.base};
  }
  if (end->status && source.isDirectory())
    return fault(FaultKind::Invalid, "cannot copy directory: " + printable(to.shown) + " is a file");
  if (end->status && !S_ISREG(end->status->st_mode))
    return fault(FaultKind::Invalid,
                 "destination \"" + printable(to.shown) + "\" must be a directory or a regular file");
  if (end->wantsDirectory && !source.isDirectory())
    return fault(FaultKind::NotFound, "no such directory: " + printable(to.shown));
  return Target{std::move(end->directory), end->name};
}

/// What an entry is to be on the other side.
class Passage {
public:
  explicit Passage(const CopyOptions& options) : options_(options) {}

  /// Faults: Denied for a device.
  llvm::Error adapt(LayerEntry& entry) {
    if (entry.kind == EntryKind::File) bytes_ += entry.size;
    if (options_.archive) return llvm::Error::success();
    if (entry.kind == EntryKind::CharacterDevice || entry.kind == EntryKind::BlockDevice)
      return fault(FaultKind::Denied, printable(entry.path) + " is a device, which only --archive copies");
    bool staysTheirs = entry.uid == options_.uid && entry.gid == options_.gid;
    if (!staysTheirs) entry.mode &= ~kOwnersRights;
    entry.uid = options_.uid;
    entry.gid = options_.gid;
    entry.xattrs.clear();
    return llvm::Error::success();
  }
  uint64_t bytes() const { return bytes_; }

private:
  const CopyOptions& options_;
  uint64_t bytes_ = 0;
};
}  // namespace

llvm::Expected<uint64_t> copyFiles(const CopyEnd& from, const CopyEnd& to, const CopyOptions& options) {
  auto source = findSource(from, options);
  if (!source) return source.takeError();
  auto target = findTarget(*source, to);
  if (!target) return target.takeError();
  auto writer = layerfs::TreeWriter::shared(std::move(target->directory));
  Passage passage(options);
  auto copy = [&](LayerEntry& entry, int file) -> llvm::Error {
    if (entry.path.empty()) return llvm::Error::success();
    if (auto error = passage.adapt(entry)) return error;
    FdSource content(file);
    return writer.add(entry, content, file);
  };
  if (auto error = walkFrom(source->directory.get(), source->name, target->name, copy)) return error;
  if (auto error = writer.finish()) return error;
  return passage.bytes();
}

llvm::Error copyToTar(const CopyEnd& from, const CopyOptions& options, ByteSink& tar) {
  auto source = findSource(from, options);
  if (!source) return source.takeError();
  layerfs::LayerTarWriter writer(tar);
  auto add = [&](LayerEntry& entry, int file) -> llvm::Error {
    FdSource content(file);
    SteadySource steady(content, entry.size);
    return writer.add(entry, entry.kind == EntryKind::File ? &steady : nullptr);
  };
  llvm::StringRef top = source->wantsContents ? llvm::StringRef() : llvm::StringRef(source->base);
  if (auto error = walkFrom(source->directory.get(), source->name, top, add)) return error;
  return writer.finish();
}

llvm::Expected<uint64_t> copyFromTar(ByteSource& tar, const CopyEnd& to, const CopyOptions& options) {
  auto end = findPathEnd(to.root, to.path, FinalLink::Follow);
  if (!end) return missing(to, end.takeError());
  if (!end->status) return missing(to, fault(FaultKind::NotFound, ""));
  if (!end->isDirectory())
    return fault(FaultKind::Invalid, "destination \"" + printable(to.shown) + "\" must be a directory");
  auto directory = openDirectory(*end);
  if (!directory) return directory.takeError();
  auto writer = layerfs::TreeWriter::shared(std::move(*directory));
  Passage passage(options);
  auto plain = layerfs::decompressed(tar);
  if (!plain) return plain.takeError();
  auto error = layerfs::readLayerTar(**plain, [&](const LayerEntry& entry, ByteSource& content) -> llvm::Error {
    if (entry.path.empty()) return llvm::Error::success();
    LayerEntry there = entry;
    if (auto failed = passage.adapt(there)) return failed;
    return writer.add(there, content);
  });
  if (error) return error;
  if (auto failed = writer.finish()) return failed;
  return passage.bytes();
}

}  // namespace strata::runtime
