#include "analyzer/findings/content_secrets.h"

#include "analyzer/image/file_finder.h"
#include "analyzer/image/in_chunks.h"
#include "support/fault.h"

namespace strata::analyzer {

namespace {
using layerfs::EntryKind;
using layerfs::LayerEntry;
using layerfs::LayerReader;
using Change = ImageTree::Change;
using ChangeId = ImageTree::ChangeId;

/// The same content again, with another mode or owner, tells nothing new.
bool isWorthReading(const Change& change) {
  return change.isFile() && change.size > 0 && !change.isRemoval() && change.action != ImageTree::Action::Metadata;
}

class Scanning {
public:
  Scanning(ImageSource& source, const ImageTree& tree) : source_(source), tree_(tree) {}

  llvm::Expected<std::vector<FileSecrets>> run() {
    std::vector<std::vector<ChangeId>> byLayer(source_.layerCount());
    for (ChangeId id = 0; id < tree_.changeCount(); ++id)
      if (isWorthReading(tree_.change(id))) byLayer[tree_.change(id).layer].push_back(id);
    for (size_t layer = 0; layer < byLayer.size(); ++layer) {
      auto error = source_.isStreamed() ? scanStream(layer) : scanFiles(layer, byLayer[layer]);
      if (error) return withContext(std::move(error), "layer " + llvm::Twine(layer + 1));
    }
    return std::move(found_);
  }

private:
  llvm::Error scanFiles(size_t layer, const std::vector<ChangeId>& files) {
    auto reader = source_.reader(layer);
    if (!reader) return reader.takeError();
    size_t begin = found_.size();
    for (ChangeId id : files) found_.push_back({id, {}});
    return inChunks(files.size(),
                    [&](size_t from, size_t to) { return scanRange(**reader, begin + from, begin + to); });
  }

  llvm::Error scanRange(const LayerReader& reader, size_t begin, size_t end) {
    FileFinder finder(tree_, reader);
    FileScanner scanner;
    for (size_t at = begin; at < end; ++at) {
      const Change& change = tree_.change(found_[at].change);
      auto file = finder.open(change.path);
      if (!file) return file.takeError();
      std::string path = tree_.pathOf(change.path);
      if (!file->content) return fault(FaultKind::Corrupt, path + " is no longer a file");
      auto scanned = scanner.scan(path, *file->content);
      if (!scanned) return scanned.takeError();
      found_[at].scanned = std::move(*scanned);
    }
    return llvm::Error::success();
  }

  /// A layer that passes: once more.
  llvm::Error scanStream(size_t layer) {
    FileScanner scanner;
    size_t begin = found_.size();
    auto error = source_.walk(layer, [&](const LayerEntry& entry, ByteSource& content) -> llvm::Error {
      if (entry.kind != EntryKind::File || entry.size == 0) return llvm::Error::success();
      ImageTree::PathId path = tree_.find(entry.path);
      ChangeId id = path == ImageTree::kNone ? ImageTree::kNone : tree_.changeIn(path, uint32_t(layer));
      if (id == ImageTree::kNone || !isWorthReading(tree_.change(id))) return llvm::Error::success();
      auto scanned = scanner.scan(entry.path, content);
      if (!scanned) return scanned.takeError();
      found_.push_back({id, std::move(*scanned)});
      return llvm::Error::success();
    });
    std::stable_sort(found_.begin() + long(begin), found_.end(),
                     [](const FileSecrets& a, const FileSecrets& b) { return a.change < b.change; });
    return error;
  }

  ImageSource& source_;
  const ImageTree& tree_;
  std::vector<FileSecrets> found_;
};
}  // namespace

llvm::Expected<std::vector<FileSecrets>> scanContents(ImageSource& source, const ImageTree& tree) {
  return Scanning(source, tree).run();
}

}  // namespace strata::analyzer
