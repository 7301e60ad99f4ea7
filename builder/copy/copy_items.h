#pragma once
/// \file A copy as the entries of a layer tar, in their order: the directories that lead to the destination, then the
/// targets. Nothing is read before an entry's turn. What a deferred selection does not know of a file is found out when
/// its content passes.

#include "builder/copy/copy_targets.h"
#include "builder/copy/file_writer.h"
#include "layerfs/tar_pipeline.h"

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

namespace strata::builder {

class CopyItems {
public:
  /// `targets`: null where nothing is written but the directories on the way, or not even those. `earlier`: null where
  /// every file is to be read. `files` are borrowed, and complete once the tar is.
  CopyItems(const CopyRequest& request, const DestinationFacts& facts, const CopyTargets* targets,
            EarlierLayers* earlier, std::deque<CopiedFile>& files);

  /// As NextTarItem. Faults: Unsupported for what no layer can hold.
  llvm::Expected<std::optional<layerfs::TarItem>> next();
  const CopyResult& result() const { return result_; }

private:
  /// Where the walk stands in one directory.
  struct Level {
    const CopyTarget* directory;
    size_t next;           ///< child
    std::string path;      ///< in the layer
    std::string relative;  ///< below the destination, and below a directory source
  };

  layerfs::TarItem ancestor(const std::string& path) const;
  llvm::Expected<layerfs::TarItem> itemOf(const CopyTarget& target, const std::string& path,
                                          const std::string& relative);
  layerfs::TarItem inlineItem(const CopyTarget& target, const std::string& path) const;
  void addContent(const CopyTarget& target, const std::string& sourcePath, layerfs::TarItem& item);
  void readFile(const SourceTree& tree, const SourceNode& node, const std::string& path, bool hasXattrs,
                layerfs::TarItem& item);
  SourceOpener& openerOfThread();
  bool isToBeLearned(const SourceNode& node);
  void addDirectoryXattrs(const CopyTarget& target, const std::string& sourcePath, layerfs::TarItem& item) const;
  bool isFurtherName(const CopyTarget& target, layerfs::LayerEntry& entry);
  std::string sourcePathOf(const CopyTarget& target, const std::string& relative) const;
  int rootOf(const CopyTarget& target) const;

  const CopyRequest& request_;
  const DestinationFacts& facts_;
  const CopyTargets* targets_;
  EarlierLayers* earlier_;
  std::deque<CopiedFile>& files_;       ///< whose offsets the pass writes: they stay where they are
  std::vector<std::string> ancestors_;  ///< paths, parents first, the root ("") included
  size_t nextAncestor_ = 0;
  std::vector<Level> levels_;
  std::map<std::tuple<uint32_t, uint64_t, uint64_t>, std::string> firstNames_;  ///< source, file system, inode
  std::set<const SourceNode*> learned_;  ///< of a deferred selection: files whose digests come with this reading
  int64_t began_;                        ///< in the file clock
  std::mutex openersMutex_;
  std::map<std::thread::id, SourceOpener> openers_;
  CopyResult result_;
};

}  // namespace strata::builder
