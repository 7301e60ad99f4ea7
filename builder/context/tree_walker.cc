#include "builder/context/tree_walker.h"

#include "builder/context/ignore_cursor.h"
#include "builder/context/rooted_path.h"
#include "builder/context/xattrs.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <oneapi/tbb/parallel_for_each.h>
#include <oneapi/tbb/task_arena.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <climits>

namespace strata::builder {

using layerfs::EntryKind;

FileStamp stampOf(const struct stat& status) {
  return {uint64_t(status.st_size), nanosecondsOf(status.st_mtim), nanosecondsOf(status.st_ctim), status.st_ino,
          status.st_mode};
}
FileStamp stampOf(const SourceNode& node) {
  return {node.entry.size, node.mtime, node.ctime, node.inode, S_IFREG | node.entry.mode};
}

/// One directory to list.
struct TreeWalker::Job {
  std::string path;
  SourceNode* node;
  IgnoreCursor ignore;
};

/// What listing directories brings to light.
struct TreeWalker::Found {
  /// A child that an earlier walk made: put into its place once nothing can fail any more.
  struct Known {
    std::unique_ptr<SourceNode>* place;
    std::unique_ptr<SourceNode>* node;
  };
  std::vector<Job> directories;
  std::vector<Unread> unread;
  std::vector<Known> known;

  void take(Found&& other) {
    std::move(other.directories.begin(), other.directories.end(), std::back_inserter(directories));
    std::move(other.unread.begin(), other.unread.end(), std::back_inserter(unread));
    std::move(other.known.begin(), other.known.end(), std::back_inserter(known));
  }
};

/// One directory while it is listed.
struct TreeWalker::Listing {
  const Job& job;
  int directory;
  StatIndex::Directory index;
  size_t indexed = 0;  ///< where the next name is likely to be
};

namespace {
/// Above this many entries a tree is large: all cores walk it.
constexpr uint64_t kLargeTree = 3000;

EntryKind entryKindOf(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR:
      return EntryKind::Directory;
    case S_IFLNK:
      return EntryKind::Symlink;
    case S_IFCHR:
      return EntryKind::CharacterDevice;
    case S_IFBLK:
      return EntryKind::BlockDevice;
    case S_IFIFO:
      return EntryKind::Fifo;
    case S_IFSOCK:
      return EntryKind::Socket;
    default:
      return EntryKind::File;
  }
}

struct Name {
  std::string text;
  unsigned char type;  ///< DT_...
};

/// As the kernel has them: readdir() would allocate a stream for each directory.
llvm::Expected<std::vector<Name>> namesIn(int directory, const std::string& shown) {
  struct Record {
    uint64_t inode;
    int64_t offset;
    unsigned short length;
    unsigned char type;
    char name[];
  };
  std::vector<Name> names;
  alignas(Record) char buffer[32768];
  for (;;) {
    long size = ::syscall(SYS_getdents64, directory, buffer, sizeof buffer);
    if (size < 0) return errnoFault("list " + printable(shown));
    if (size == 0) break;
    for (long at = 0; at < size;) {
      const auto* record = reinterpret_cast<const Record*>(buffer + at);
      at += record->length;
      llvm::StringRef name(record->name);
      if (name != "." && name != "..") names.push_back({name.str(), record->type});
    }
  }
  llvm::sort(names, [](const Name& a, const Name& b) { return a.text < b.text; });
  return names;
}

/// Empty if there is no link any more.
std::string linkTargetOf(int directory, const char* name) {
  char target[PATH_MAX];
  ssize_t size = ::readlinkat(directory, name, target, sizeof target);
  return std::string(target, size > 0 ? size_t(size) : 0);
}

/// Directories that are only there for `!` patterns which then brought nothing back.
void dropEmptyExcluded(SourceNode& node) {
  for (auto& child : node.children) dropEmptyExcluded(*child);
  llvm::erase_if(node.children, [](const auto& child) { return child->excluded && child->children.empty(); });
}
}  // namespace

std::unique_ptr<SourceNode> TreeWalker::nodeOf(const WalkSettings& settings, std::string name,
                                               const struct stat& status) {
  auto node = std::make_unique<SourceNode>();
  TreeEntry& entry = node->entry;
  entry.name = std::move(name);
  entry.kind = entryKindOf(status.st_mode);
  entry.mode = status.st_mode & 07777;
  if (!settings.squashOwner) {
    auto [uid, gid] = layerfs::ownerOf(status, settings.owners);
    entry.uid = uid;
    entry.gid = gid;
  }
  if (entry.kind == EntryKind::File) entry.size = uint64_t(status.st_size);
  if (entry.kind == EntryKind::CharacterDevice || entry.kind == EntryKind::BlockDevice) entry.device = status.st_rdev;
  if (entry.kind == EntryKind::Socket && settings.squashOwner) {  // COPY-26: nothing to talk to in an image
    entry.kind = EntryKind::File;
    entry.content = digestOf("");
  }
  node->mtime = nanosecondsOf(status.st_mtim);
  node->ctime = nanosecondsOf(status.st_ctim);
  node->inode = status.st_ino;
  node->filesystem = status.st_dev;
  node->linkCount = uint32_t(status.st_nlink);
  return node;
}

std::unique_ptr<SourceNode> TreeWalker::nodeWithoutContent(const WalkSettings& settings, const std::string& path,
                                                           const struct stat& status) {
  auto node = nodeOf(settings, baseNameOf(path).str(), status);
  if (UniqueFd fd = openBeneath(settings.root, path, O_RDONLY | O_DIRECTORY))
    node->entry.xattrs = xattrsDigest(readXattrs(fd.get()));
  return node;
}

llvm::Error TreeWalker::list(const Job& job, Found& found) {
  if (auto error = cancel_.check()) return error;
  std::string shown = joinPath(settings_.shownRoot, job.path);
  UniqueFd directory = openBeneath(settings_.root, job.path, O_RDONLY | O_DIRECTORY);
  if (!directory) {
    int number = errno;
    // Gone or replaced meanwhile, or ignored: then it is as if it were empty.
    if (number == ENOENT || number == ENOTDIR || number == ELOOP || job.node->excluded) return llvm::Error::success();
    return errnoFault("read " + printable(shown), number);
  }
  auto names = namesIn(directory.get(), shown);
  if (!names) return names.takeError();
  job.node->entry.xattrs = xattrsDigest(readXattrs(directory.get()));
  Listing listing{job, directory.get(), indexOf(job.path)};
  job.node->children.reserve(names->size());  // the places in it are kept: see Found::Known
  for (Name& name : *names)
    if (auto error = addChild(listing, std::move(name.text), name.type, found)) return error;
  filesSeen_.fetch_add(names->size(), std::memory_order_relaxed);
  return llvm::Error::success();
}

llvm::Error TreeWalker::addChild(Listing& listing, std::string name, unsigned char type, Found& found) {
  const Job& job = listing.job;
  bool mayBeDirectory = type == DT_DIR || type == DT_UNKNOWN;
  bool excluded = job.ignore.excludes(name);
  if (excluded && !mayBeDirectory) return llvm::Error::success();
  std::optional<IgnoreCursor> inside;
  if (mayBeDirectory) inside = job.ignore.enter(name);
  if (excluded && !inside->mayReincludeBelow()) return llvm::Error::success();
  if (!known_->empty())
    if (auto known = known_->find(below(job.path, name)); known != known_->end()) {
      found.known.push_back({&job.node->children.emplace_back(), &known->second});
      return llvm::Error::success();
    }
  struct stat status;
  if (::fstatat(listing.directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return llvm::Error::success();
    return errnoFault("read " + printable(joinPath(settings_.shownRoot, below(job.path, name))));
  }
  if (excluded && !S_ISDIR(status.st_mode)) return llvm::Error::success();
  auto node = nodeOf(settings_, std::move(name), status);
  node->excluded = excluded;
  TreeEntry& entry = node->entry;
  if (entry.kind == EntryKind::Symlink) {
    entry.linkTarget = linkTargetOf(listing.directory, entry.name.c_str());
    if (entry.linkTarget.empty()) return llvm::Error::success();  // gone or replaced meanwhile
  } else if (entry.kind == EntryKind::File && !lookUp(*node, listing.index, listing.indexed)) {
    found.unread.push_back({node.get(), below(job.path, entry.name)});
  } else if (entry.kind == EntryKind::Directory) {
    if (!inside) inside = job.ignore.enter(entry.name);  // was something else when it was listed
    found.directories.push_back({below(job.path, entry.name), node.get(), std::move(*inside)});
  }
  job.node->children.push_back(std::move(node));
  return llvm::Error::success();
}

StatIndex::Directory TreeWalker::indexOf(llvm::StringRef directory) const {
  return settings_.index ? settings_.index->directory(directory) : StatIndex::Directory();
}

/// Whether the content is known; `hint` is where the next name in order will be.
bool TreeWalker::lookUp(SourceNode& node, const StatIndex::Directory& index, size_t& hint) const {
  if (node.entry.content) return true;
  size_t at = index.find(node.entry.name, hint);
  if (at == index.size() || index.stamp(at) != stampOf(node)) return false;
  node.entry.content = index.content(at);
  node.entry.xattrs = index.xattrs(at);
  node.place = index.place(at);
  node.indexable = true;
  hint = at + 1;
  return true;
}

llvm::Error TreeWalker::walkAll(Job first, Found& all) {
  all.directories.push_back(std::move(first));
  uint64_t before = filesSeen();
  while (!all.directories.empty() && (all.directories.size() < 2 || filesSeen() - before < kLargeTree)) {
    Job job = std::move(all.directories.back());
    all.directories.pop_back();
    if (auto error = list(job, all)) return error;
  }
  return all.directories.empty() ? llvm::Error::success() : walkInParallel(all);
}

llvm::Error TreeWalker::walkInParallel(Found& all) {
  std::mutex mutex;
  std::optional<llvm::Error> failure;
  std::string failedPath;
  std::vector<Job> pending = std::move(all.directories);
  all.directories.clear();
  auto work = [&](Job& job, oneapi::tbb::feeder<Job>& feeder) {
    Found found;
    llvm::Error error = list(job, found);
    for (Job& directory : found.directories) feeder.add(std::move(directory));
    found.directories.clear();
    std::lock_guard lock(mutex);
    all.take(std::move(found));
    if (!error) return;
    if (failure && failedPath < job.path) return llvm::consumeError(std::move(error));
    if (failure) llvm::consumeError(std::move(*failure));
    failure = std::move(error);  // of several always the same one: the first by path
    failedPath = job.path;
  };
  oneapi::tbb::this_task_arena::isolate([&] { oneapi::tbb::parallel_for_each(pending.begin(), pending.end(), work); });
  return failure ? std::move(*failure) : llvm::Error::success();
}

llvm::Expected<std::unique_ptr<SourceNode>> TreeWalker::walk(const std::string& path, const struct stat& status,
                                                             NodesByPath& known) {
  known_ = &known;
  ++filesSeen_;
  auto node = nodeOf(settings_, baseNameOf(path).str(), status);
  IgnoreCursor ignore = IgnoreCursor::atRoot(*settings_.ignore);
  for (llvm::StringRef name : pathComponents(path)) ignore = ignore.enter(name);
  node->excluded = ignore.excluded();
  bool isDirectory = node->entry.kind == EntryKind::Directory;
  if (node->excluded && !(isDirectory && ignore.mayReincludeBelow())) return nullptr;
  size_t hint = 0;
  if (node->entry.kind == EntryKind::File && !lookUp(*node, indexOf(parentOf(path)), hint))
    unread_.push_back({node.get(), path});
  if (node->entry.kind == EntryKind::Symlink) {
    UniqueFd link = openBeneath(settings_.root, path, O_PATH);
    node->entry.linkTarget = linkTargetOf(link.get(), "");
    if (node->entry.linkTarget.empty()) return nullptr;
  }
  if (!isDirectory) return node;

  Found all;
  if (auto error = walkAll({path, node.get(), std::move(ignore)}, all)) return error;
  for (Found::Known& child : all.known) *child.place = std::move(*child.node);
  std::move(all.unread.begin(), all.unread.end(), std::back_inserter(unread_));
  dropEmptyExcluded(*node);
  if (node->excluded && node->children.empty()) return nullptr;
  return node;
}

}  // namespace strata::builder
