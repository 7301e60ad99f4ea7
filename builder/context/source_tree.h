#pragma once
/// \file Trees that COPY and ADD take files from: the build context (through .dockerignore and the stat index), a
/// stage, an image. Walked only where asked, in parallel, and at most once; file digests are taken from the stat index
/// where size, mtime, ctime, inode and mode say that nothing changed (with git's care for racy entries).

#include "builder/context/glob.h"
#include "builder/context/stat_index.h"
#include "builder/journal/file_tree.h"
#include "layerfs/layer_entry.h"
#include "layerfs/noted_owners.h"
#include "support/cancel.h"

#include <llvm/Support/Error.h>

#include <sys/stat.h>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace strata::builder {

/// A file or directory that was walked. Immutable once selected.
struct SourceNode {
  TreeEntry entry;               ///< entry.content: known once selected
  int64_t mtime = 0, ctime = 0;  ///< nanoseconds since 1970
  uint64_t inode = 0;            ///< with linkCount > 1: names of one file share it and the filesystem (COPY-27)
  uint64_t filesystem = 0;       ///< st_dev
  uint32_t linkCount = 1;
  FilePlace place;         ///< of a file whose content an earlier build left in a layer (SourceTree::storedIn)
  bool excluded = false;   ///< a directory that is here only for what a `!` pattern brought back below it
  bool indexable = false;  ///< a file that had settled before it was read: see stat_index.h
  std::vector<std::unique_ptr<SourceNode>> children;  ///< sorted by name; of a directory, ignored ones left out

  bool isDirectory() const { return entry.kind == layerfs::EntryKind::Directory; }
};

class SourceTree;

/// What one source argument names after wildcards and links.
struct SelectedSource {
  std::string path;                  ///< relative to the tree's root, links resolved; "" is the root
  std::string baseName;              ///< name at the destination (a matched link keeps its own: COPY-13)
  const SourceNode* node = nullptr;  ///< owned by the SourceTree
  const SourceTree* tree = nullptr;  ///< where it is
  bool keepPacked = false;           ///< an archive stays a file, even where an ADD extracts others (ADD-7)
};

struct SelectOptions {
  std::vector<std::string> excludes;  ///< --exclude patterns, relative to each source directory (COPY-50)
  bool parents = false;               ///< --parents: sources keep their path below the pivot (COPY-44)
  /// Files that the stat index does not know may stay unread: the Selection is `deferred` then. Nobody else may select
  /// from this tree before it is finished.
  bool mayDefer = false;
};

struct Selection {
  std::vector<SelectedSource> sources;  ///< in the order of the arguments; a wildcard's matches lexically
  Digest tree;  ///< root TreeObject over all of them: content for the cache key (CACHE-3, CACHE-4)
  uint64_t files = 0, bytes = 0;
  /// `tree` and the contents of some files are not known yet: whoever reads the files tells the tree (learn()), and
  /// finish() completes it.
  bool deferred = false;
};

class SourceTree {
public:
  struct Options {
    int rootFd = -1;                               ///< borrowed
    std::string shownRoot;                         ///< for messages: the context's path, "stage build"
    bool squashOwner = false;                      ///< everything enters as 0:0 (COPY-29)
    const layerfs::NotedOwners* owners = nullptr;  ///< where the disk does not have them; borrowed
    IgnoreMatcher ignore;
    std::string statIndexPath;  ///< where the index is kept; empty: none, every file is read
  };
  explicit SourceTree(Options options);
  ~SourceTree();

  /// Resolves one COPY/ADD source (expanded): normalised, links followed inside the root, wildcards matched; reads what
  /// must be read. `pathOf` messages follow ERR-7: `"/path": not found`, with what .dockerignore excluded or a near
  /// name said. Puts the tree objects into `trees`. Faults: NotFound; Invalid (pattern); Denied; Cancelled; Io.
  llvm::Expected<Selection> select(llvm::ArrayRef<std::string> sources, const SelectOptions& options, TreeStore& trees,
                                   const CancelToken& cancel);

  /// Takes over what somebody found out who read a file of a deferred selection: nodes may be told by several threads,
  /// each by one. `status`: of the file once it was read. `began`: fileClockNow() before anything of it was.
  void learn(const SourceNode& node, const struct stat& status, const Digest& content, const Digest& xattrs,
             int64_t began) const;
  /// Reads what nobody has read, and completes a deferred selection. Faults: as select().
  [[nodiscard]] llvm::Error finish(Selection& selection, TreeStore& trees, const CancelToken& cancel);
  /// Whether a stat index is kept and has nothing of an earlier build.
  bool isNew() const;

  /// The diffID of the layer that a node's place is in; none: no layer is known to have the content.
  Digest storedIn(const SourceNode& node) const;
  bool keepsPlaces() const;  ///< as the stat index does
  /// Remembers for later builds where the tar of a new layer has the contents of files of this tree.
  void keepPlaces(const Digest& diffId, std::vector<std::pair<const SourceNode*, uint64_t>> offsets) const;

  /// Opens a walked file for reading. Faults: NotFound or Invalid if it is gone or another by now.
  llvm::Expected<UniqueFd> openNode(const SelectedSource& source, llvm::StringRef below) const;
  int rootFd() const;
  /// What .dockerignore leaves out.
  const IgnoreMatcher& ignore() const;
  bool squashesOwner() const;

  /// Files looked at, files read and bytes read so far.
  struct Statistics {
    uint64_t files = 0, filesRead = 0, bytesRead = 0;
  };
  Statistics statistics() const;
  /// Writes the stat index back if anything changed. Failing to is no error of the build.
  [[nodiscard]] llvm::Error saveIndex();

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace strata::builder
