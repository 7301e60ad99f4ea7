#pragma once
/// \file Directories made into SourceNodes: list, stat, ask the stat index, and only then read. Small trees are walked
/// and read by the calling thread (starting others costs a millisecond), large ones by all cores.

#include "builder/context/source_tree.h"
#include "builder/context/stat_index.h"

#include <llvm/ADT/StringMap.h>
#include <llvm/Support/Error.h>

#include <sys/stat.h>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace strata::builder {

/// Time in nanoseconds since 1970.
inline int64_t nanosecondsOf(const timespec& time) { return int64_t(time.tv_sec) * 1'000'000'000 + time.tv_nsec; }
FileStamp stampOf(const struct stat& status);
FileStamp stampOf(const SourceNode& node);

/// What is walked and how; borrowed by a TreeWalker.
struct WalkSettings {
  int root = -1;
  std::string shownRoot;
  bool squashOwner = false;
  const layerfs::NotedOwners* owners = nullptr;  ///< null: those that the disk says
  const IgnoreMatcher* ignore = nullptr;
  const StatIndex* index = nullptr;
};

/// Nodes by their path; a later, larger walk takes in what an earlier one found, so that a node is made once.
using NodesByPath = llvm::StringMap<std::unique_ptr<SourceNode>>;

class TreeWalker {
public:
  TreeWalker(const WalkSettings& settings, const CancelToken& cancel) : settings_(settings), cancel_(cancel) {}

  /// The node at a path without links, with all below it. Nodes of `known` that lie below are moved into it.
  /// Null: there is nothing, or nothing that is not ignored. Faults: Denied naming the path; Cancelled; Io.
  llvm::Expected<std::unique_ptr<SourceNode>> walk(const std::string& path, const struct stat& status,
                                                   NodesByPath& known);

  /// One entry by itself: a directory without its children, a file without its content.
  static std::unique_ptr<SourceNode> nodeWithoutContent(const WalkSettings& settings, const std::string& path,
                                                        const struct stat& status);

  /// A file whose content has to be read.
  struct Unread {
    SourceNode* node;
    std::string path;
  };
  /// Files that walks found and the stat index did not know; taken by the caller.
  std::vector<Unread> takeUnread() { return std::move(unread_); }
  uint64_t filesSeen() const { return filesSeen_.load(std::memory_order_relaxed); }

private:
  struct Job;
  struct Found;
  struct Listing;
  llvm::Error walkAll(Job first, Found& all);
  llvm::Error walkInParallel(Found& all);
  llvm::Error list(const Job& job, Found& found);
  llvm::Error addChild(Listing& listing, std::string name, unsigned char type, Found& found);
  StatIndex::Directory indexOf(llvm::StringRef directory) const;
  bool lookUp(SourceNode& node, const StatIndex::Directory& index, size_t& hint) const;
  static std::unique_ptr<SourceNode> nodeOf(const WalkSettings& settings, std::string name, const struct stat& status);

  const WalkSettings& settings_;
  const CancelToken& cancel_;
  NodesByPath* known_ = nullptr;
  std::vector<Unread> unread_;
  std::atomic<uint64_t> filesSeen_{0};
};

/// Reads what is unread, in parallel if it is much. Takes done files off `unread`, so that a later call goes on after a
/// fault. Faults: Denied, NotFound, Invalid (a file that keeps changing) naming the first such path; Cancelled; Io.
struct ReadCount {
  uint64_t files = 0, bytes = 0;
};
llvm::Expected<ReadCount> readContents(const WalkSettings& settings, std::vector<TreeWalker::Unread>& unread,
                                       const CancelToken& cancel);

}  // namespace strata::builder
