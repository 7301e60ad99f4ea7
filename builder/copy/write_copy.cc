#include "builder/context/rooted_path.h"
#include "builder/context/xattrs.h"
#include "builder/copy/copy.h"
#include "builder/copy/copy_targets.h"
#include "builder/copy/file_writer.h"
#include "builder/copy/unpack_add.h"
#include "support/fault.h"
#include "support/text.h"

#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <map>

namespace strata::builder {

using layerfs::EntryKind;

namespace {
/// Below both, one thread is done before others have started.
constexpr size_t kManyFiles = 128;
constexpr uint64_t kManyBytes = 8 << 20;
/// Files of one directory that one task writes.
constexpr size_t kBatch = 64;

/// Writes one tree of targets. Directories first, one after the other; then files, in parallel if they are many; then
/// names of files that are there already; last the directories' own metadata, which writing into them would disturb.
class TargetWriter {
public:
  TargetWriter(int upper, const CopyRequest& request, const CancelToken& cancel)
      : upper_(upper), request_(request), cancel_(cancel) {}

  llvm::Expected<CopyResult> write(const CopyTargets& targets) {
    if (auto error = makeDirectories(targets.top, targets.path, "")) return error;
    if (auto error = writeFiles()) return error;
    for (const HardLink& link : links_)
      if (auto error = makeLink(link)) return error;
    for (const Directory& directory : llvm::reverse(directories_))
      if (directory.target->node)
        if (auto error = finish(directory)) return error;
    return CopyResult{files_ + links_.size(), bytes_.load()};
  }

private:
  struct Directory {
    const CopyTarget* target;
    std::string path;      ///< in the layer
    std::string relative;  ///< below the destination, and below a directory source
  };
  struct Batch {
    size_t directory;
    std::vector<const CopyTarget*> files;
  };
  struct HardLink {
    std::string path, first;
  };

  std::string sourcePathOf(const CopyTarget& target, const std::string& relative) const {
    if (!target.node) return "";
    const std::string& root = request_.selection.sources[target.source].path;
    return target.direct ? root : below(root, below(relative, target.name));
  }

  int rootOf(const CopyTarget& target) const { return request_.selection.sources[target.source].tree->rootFd(); }

  /// Whether this file is another name of one that is written already (COPY-27).
  bool isLink(const CopyTarget& target, const std::string& path) {
    if (!target.node || target.node->linkCount < 2 || target.direct) return false;
    auto [first, isNew] = firstNames_.try_emplace({target.source, target.node->filesystem, target.node->inode}, path);
    if (!isNew) links_.push_back({path, first->second});
    return !isNew;
  }

  llvm::Error makeDirectories(const CopyTarget& target, const std::string& path, const std::string& relative) {
    if (auto error = cancel_.check()) return error;
    size_t self = directories_.size();
    directories_.push_back({&target, path, relative});
    Batch batch{self, {}};
    UniqueFd fd;
    for (const auto& child : target.children) {
      std::string childPath = below(path, child->name);
      if (child->isDirectory) {
        if (!fd) fd = openBeneath(upper_, path, O_PATH | O_DIRECTORY);
        if (!fd || (::mkdirat(fd.get(), child->name.c_str(), 0700) != 0 && errno != EEXIST))
          return errnoFault("make the directory /" + printable(childPath));
        if (auto error = makeDirectories(*child, childPath, below(relative, child->name))) return error;
      } else if (!isLink(*child, childPath)) {
        batch.files.push_back(child.get());
        totalBytes_ += child->node ? child->node->entry.size : 0;
        ++files_;
        if (batch.files.size() == kBatch) batches_.push_back(std::exchange(batch, {self, {}}));
      }
    }
    if (!batch.files.empty()) batches_.push_back(std::move(batch));
    return llvm::Error::success();
  }

  llvm::Error writeBatch(const Batch& batch) {
    const Directory& directory = directories_[batch.directory];
    UniqueFd fd = openBeneath(upper_, directory.path, O_RDONLY | O_DIRECTORY);
    if (!fd) return errnoFault("open /" + printable(directory.path));
    FileWriter writer(request_, cancel_);
    for (const CopyTarget* target : batch.files) {
      if (auto error = cancel_.check()) return error;
      auto size = writer.write(fd.get(), *target, below(directory.path, target->name),
                               sourcePathOf(*target, directory.relative));
      if (!size) return size.takeError();
      bytes_ += *size;
    }
    return llvm::Error::success();
  }

  llvm::Error writeFiles() {
    if (files_ < kManyFiles && totalBytes_ < kManyBytes) {
      for (const Batch& batch : batches_)
        if (auto error = writeBatch(batch)) return error;
      return llvm::Error::success();
    }
    std::mutex mutex;
    std::optional<llvm::Error> failure;
    std::atomic<size_t> failedAt{batches_.size()};
    auto work = [&](size_t i) {
      if (i > failedAt) return;
      llvm::Error error = writeBatch(batches_[i]);
      if (!error) return;
      std::lock_guard lock(mutex);
      if (i > failedAt) return llvm::consumeError(std::move(error));
      if (failure) llvm::consumeError(std::move(*failure));
      failure = std::move(error);
      failedAt = i;
    };
    oneapi::tbb::this_task_arena::isolate([&] { oneapi::tbb::parallel_for(size_t(0), batches_.size(), work); });
    return failure ? std::move(*failure) : llvm::Error::success();
  }

  llvm::Error makeLink(const HardLink& link) {
    UniqueFd from = openBeneath(upper_, parentOf(link.first), O_PATH | O_DIRECTORY);
    UniqueFd to = openBeneath(upper_, parentOf(link.path), O_PATH | O_DIRECTORY);
    std::string first = baseNameOf(link.first).str(), name = baseNameOf(link.path).str();
    auto make = [&] { return ::linkat(from.get(), first.c_str(), to.get(), name.c_str(), 0); };
    int made = make();
    if (made != 0 && errno == EEXIST && ::unlinkat(to.get(), name.c_str(), 0) == 0) made = make();
    if (made != 0) return errnoFault("link /" + printable(link.path));
    return llvm::Error::success();
  }

  llvm::Error finish(const Directory& directory) {
    const SourceNode& node = *directory.target->node;
    UniqueFd fd = openBeneath(upper_, directory.path, O_RDONLY | O_DIRECTORY);
    if (!fd) return errnoFault("open /" + printable(directory.path));
    if (auto error = setOwnerAndMode(fd.get(), finalMetadata(request_, node.entry), directory.path)) return error;
    if (node.entry.xattrs) {
      std::string source = sourcePathOf(*directory.target, parentOf(directory.relative).str());
      if (UniqueFd from = openBeneath(rootOf(*directory.target), source, O_RDONLY | O_DIRECTORY))
        writeXattrs(fd.get(), readXattrs(from.get()));
    }
    setTime(fd.get(), node.mtime);
    return llvm::Error::success();
  }

  int upper_;
  const CopyRequest& request_;
  const CancelToken& cancel_;
  std::vector<Directory> directories_;  ///< parents first
  std::vector<Batch> batches_;
  std::vector<HardLink> links_;
  std::map<std::tuple<uint32_t, uint64_t, uint64_t>, std::string> firstNames_;
  uint64_t files_ = 0, totalBytes_ = 0;
  std::atomic<uint64_t> bytes_{0};
};

/// The directories on the way: those of the parent as they are there, missing ones made.
class Ancestors {
public:
  Ancestors(int upper, const CopyRequest& request, const DestinationFacts& facts)
      : upper_(upper), request_(request), facts_(facts) {}

  llvm::Error make(llvm::StringRef path) {
    std::string at;
    for (llvm::StringRef name : pathComponents(path)) {
      UniqueFd above = openBeneath(upper_, at, O_PATH | O_DIRECTORY);
      at = below(at, name);
      if (!above || (::mkdirat(above.get(), name.str().c_str(), 0700) != 0 && errno != EEXIST))
        return errnoFault("make the directory /" + printable(at));
      made_.push_back(at);
    }
    return llvm::Error::success();
  }

  /// Modes, owners and times, deepest first. `lastDirectory` gives its time to the directory that took its contents.
  llvm::Error finish(const SourceNode* lastDirectory) {
    for (const std::string& path : llvm::reverse(made_)) {
      UniqueFd fd = openBeneath(upper_, path, O_RDONLY | O_DIRECTORY);
      if (!fd) return errnoFault("open /" + printable(path));
      auto known = llvm::find_if(facts_.existing, [&](const auto& ancestor) { return ancestor.path == path; });
      bool exists = known != facts_.existing.end();
      OwnerAndMode wanted = path.empty() ? OwnerAndMode{0, 0, 0755} : madeDirectory(request_, facts_);
      if (exists) wanted = {known->uid, known->gid, known->mode};
      if (auto error = setOwnerAndMode(fd.get(), wanted, path)) return error;
      if (exists) writeXattrs(fd.get(), known->xattrs);
      bool tookContents = lastDirectory && path == facts_.path;
      setTime(fd.get(), tookContents ? lastDirectory->mtime : exists ? known->mtime : request_.createdTime);
    }
    return llvm::Error::success();
  }

private:
  int upper_;
  const CopyRequest& request_;
  const DestinationFacts& facts_;
  std::vector<std::string> made_{""};
};

/// Archives are extracted in their place among the other sources, so that what comes later overwrites; inline files
/// come last. The last directory source, if any.
llvm::Expected<const SourceNode*> writeSources(const std::string& upper, int root, const CopyRequest& request,
                                               const DestinationFacts& facts, CopyResult& result,
                                               const CancelToken& cancel) {
  ArchiveUnpacker unpacker(upper, request, facts);
  const SourceNode* lastDirectory = nullptr;
  size_t next = 0;
  for (size_t i = 0; i <= facts.archives.size(); ++i) {
    bool isLast = i == facts.archives.size();
    size_t end = isLast ? request.selection.sources.size() : facts.archives[i];
    auto targets = makeTargets(request, facts, next, end, /*withInlineFiles=*/isLast);
    if (!targets) return targets.takeError();
    if (targets->lastDirectory) lastDirectory = targets->lastDirectory;
    auto written = TargetWriter(root, request, cancel).write(*targets);
    if (!written) return written.takeError();
    result.files += written->files;
    result.bytes += written->bytes;
    if (isLast) break;
    if (auto error = unpacker.unpack(request.selection.sources[end], result, cancel)) return error;
    next = end + 1;
  }
  return lastDirectory;
}
}  // namespace

llvm::Expected<CopyResult> writeCopy(const CopyRequest& request, const DestinationFacts& facts,
                                     layerfs::LayerDraft& draft, const CancelToken& cancel) {
  std::string upper = draft.upper();
  UniqueFd root(::open(upper.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) return errnoFault("open " + upper);
  Ancestors ancestors(root.get(), request, facts);
  CopyResult result;
  const SourceNode* lastDirectory = nullptr;
  if (!changesNothing(request, facts)) {
    if (auto error = ancestors.make(facts.isDirectory ? llvm::StringRef(facts.path) : parentOf(facts.path)))
      return error;
    auto taken = writeSources(upper, root.get(), request, facts, result, cancel);
    if (!taken) return taken.takeError();
    lastDirectory = *taken;
  }
  if (auto error = ancestors.finish(lastDirectory)) return error;
  return result;
}

}  // namespace strata::builder
