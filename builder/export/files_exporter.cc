#include "builder/export/exporter.h"
#include "builder/export/merged_files.h"
#include "builder/export/stale_files.h"
#include "layerfs/layer_tar.h"
#include "layerfs/tree_writer.h"
#include "support/fault.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace strata::builder {

namespace {
using layerfs::EntryKind;
using layerfs::LayerEntry;

int64_t timeOf(const ExportJob& job, int64_t otherwise) { return job.epoch ? *job.epoch * 1'000'000'000 : otherwise; }

/// Files of the invoking user, whoever owned them in the image (OUT-15).
LayerEntry asOurs(const ExportJob& job, const LayerEntry& entry) {
  LayerEntry ours = entry;
  ours.uid = ::getuid();
  ours.gid = ::getgid();
  ours.mtime = timeOf(job, entry.mtime);
  return ours;
}

/// The directory itself is the user's: what is written into it changes its time, and nothing else of it.
llvm::Error stampDirectory(const ExportJob& job, const std::string& path) {
  timespec now{.tv_sec = time_t(job.epoch.value_or(0)), .tv_nsec = job.epoch ? 0 : UTIME_NOW};
  const timespec times[2] = {now, now};
  if (::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0) return llvm::Error::success();
  return errnoFault("set the time of " + path);
}

llvm::Error writeFiles(const ExportJob& job, const PlatformResult& result, const std::string& directory,
                       llvm::StringRef below, KeptPaths& kept) {
  auto files = mergedFiles(result);
  if (!files) return files.takeError();
  auto writer = layerfs::TreeWriter::open(directory, layerfs::Removals::Applied);
  if (!writer) return writer.takeError();
  auto error = files->walk([&](const LayerEntry& entry, ByteSource& content, int file) -> llvm::Error {
    if (entry.path.empty()) return llvm::Error::success();
    kept.insert(below.empty() ? entry.path : (below + "/" + entry.path).str());
    return writer->add(asOurs(job, entry), content, file);
  });
  if (error) return error;
  if (auto failed = writer->finish()) return failed;
  return stampDirectory(job, directory);
}
}  // namespace

llvm::Error exportLocal(const ExportJob& job) {
  if (auto error = checkNoOverwriting(job)) return error;
  if (auto error = makeDirectories(job.spec.destination)) return error;
  KeptPaths kept;
  for (const PlatformResult& result : job.results) {
    std::string below = directoryFor(job, result);
    std::string directory = below.empty() ? job.spec.destination : joinPath(job.spec.destination, below);
    if (!below.empty()) kept.insert(below);
    if (auto error = makeDirectories(directory)) return error;
    if (auto error = writeFiles(job, result, directory, below, kept)) return withContext(std::move(error), directory);
  }
  if (!job.spec.deleteStale) return llvm::Error::success();
  return removeStale(job.spec.destination, kept);
}

namespace {
/// A hard link's target and every path are those of the whole tar.
LayerEntry moved(LayerEntry entry, const std::string& below) {
  if (below.empty()) return entry;
  entry.path = entry.path.empty() ? below : below + "/" + entry.path;
  if (entry.kind == EntryKind::Hardlink) entry.linkTarget = below + "/" + entry.linkTarget;
  return entry;
}

llvm::Error addToTar(const ExportJob& job, const PlatformResult& result, layerfs::LayerTarWriter& tar,
                     std::set<std::string>& directories) {
  std::string below = directoryFor(job, result);
  auto files = mergedFiles(result);
  if (!files) return files.takeError();
  if (!below.empty() && result.layers.empty())
    return tar.add({.path = below, .kind = EntryKind::Directory, .mode = 0755, .mtime = timeOf(job, 0)}, nullptr);
  return files->walk([&](const LayerEntry& entry, ByteSource& content, int) -> llvm::Error {
    LayerEntry there = moved(entry, below);
    there.mtime = timeOf(job, there.mtime);
    bool isKnown = there.kind == EntryKind::Directory && !directories.insert(there.path).second;
    if (isKnown) return llvm::Error::success();  // shared by two platforms
    return tar.add(there, there.kind == EntryKind::File ? &content : nullptr);
  });
}
}  // namespace

llvm::Error exportTar(const ExportJob& job) {
  if (auto error = checkNoOverwriting(job)) return error;
  return writeDestination(job, [&](ByteSink& sink) -> llvm::Error {
    layerfs::LayerTarWriter tar(sink);
    std::set<std::string> directories;
    for (const PlatformResult& result : job.results)
      if (auto error = addToTar(job, result, tar, directories)) return error;
    return tar.finish();
  });
}

}  // namespace strata::builder
