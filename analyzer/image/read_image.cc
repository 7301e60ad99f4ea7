#include "analyzer/image/content_print.h"

#include "analyzer/image/file_finder.h"
#include "analyzer/image/in_chunks.h"
#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>

#include <algorithm>

namespace strata::analyzer {

namespace {

using layerfs::EntryKind;
using layerfs::LayerEntry;
using layerfs::LayerReader;
using Action = ImageTree::Action;
using Change = ImageTree::Change;
using ChangeId = ImageTree::ChangeId;

constexpr uint64_t kBeginning = 1024;  ///< bytes that tell most files of one size apart

class Reading {
public:
  explicit Reading(ImageSource& source) : source_(source) {}

  llvm::Expected<ReadImage> run() {
    for (size_t layer = 0; layer < source_.layerCount(); ++layer)
      if (auto error = readLayer(layer)) return withContext(std::move(error), "layer " + llvm::Twine(layer + 1));
    if (!source_.isStreamed())
      if (auto error = readCandidates()) return error;
    nameRewrites();
    return ReadImage{std::move(tree_), std::move(prints_)};
  }

private:
  llvm::Error readLayer(size_t layer) {
    tree_.beginLayer();
    bool passes = source_.isStreamed();
    return source_.walk(layer, [&](const LayerEntry& entry, ByteSource& content) -> llvm::Error {
      ChangeId change = tree_.add(entry);
      if (!passes || change == ImageTree::kNone || entry.kind != EntryKind::File || entry.size == 0)
        return llvm::Error::success();
      auto print = fingerprintOf(content);
      if (!print) return print.takeError();
      prints_.put(change, *print);
      return llvm::Error::success();
    });
  }

  /// The file that this one replaced, if it may be the same.
  const Change* replacedBy(const Change& change) const {
    if (change.action != Action::Modified || !change.isFile() || change.size == 0) return nullptr;
    const Change& before = tree_.change(change.before);
    return before.isFile() && before.size == change.size ? &before : nullptr;
  }

  bool mayBeDuplicate(ChangeId id) const {
    const Change& change = tree_.change(id);
    return change.isFile() && change.size >= kSmallestDuplicate && tree_.visibleChange(change.path) == id;
  }
  size_t largeFiles() const {
    size_t count = 0;
    for (ChangeId id = 0; id < tree_.changeCount(); ++id) count += mayBeDuplicate(id);
    return count;
  }

  /// Rewrites with what they replace, and visible files that have a size in common. In the order of layers and paths.
  std::vector<ChangeId> candidates() const {
    std::vector<ChangeId> wanted;
    std::vector<std::pair<uint64_t, ChangeId>> bySize;
    bySize.reserve(largeFiles());
    for (ChangeId id = 0; id < tree_.changeCount(); ++id) {
      const Change& change = tree_.change(id);
      if (replacedBy(change)) {
        wanted.push_back(change.before);
        wanted.push_back(id);
      }
      if (mayBeDuplicate(id)) bySize.push_back({change.size, id});
    }
    llvm::sort(bySize);
    for (size_t begin = 0, end; begin < bySize.size(); begin = end) {
      for (end = begin + 1; end < bySize.size() && bySize[end].first == bySize[begin].first;) ++end;
      if (end - begin > 1)
        for (size_t i = begin; i < end; ++i) wanted.push_back(bySize[i].second);
    }
    llvm::sort(wanted);
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
    return wanted;
  }

  using Prints = std::vector<Fingerprint>;
  /// The prints of these files, in their order, which is that of the layers: one layer's index at a time takes memory.
  llvm::Expected<Prints> read(const std::vector<ChangeId>& files, uint64_t limit) {
    Prints prints(files.size());
    for (size_t begin = 0, end; begin < files.size(); begin = end) {
      uint32_t layer = tree_.change(files[begin]).layer;
      for (end = begin + 1; end < files.size() && tree_.change(files[end]).layer == layer;) ++end;
      auto reader = source_.reader(layer);
      if (!reader) return withContext(reader.takeError(), "layer " + llvm::Twine(layer + 1));
      auto error = inChunks(end - begin, [&, begin](size_t from, size_t to) {
        return readFiles(**reader, files, prints, begin + from, begin + to, limit);
      });
      if (error) return error;
    }
    return prints;
  }

  llvm::Error readFiles(const LayerReader& reader, const std::vector<ChangeId>& files, Prints& prints, size_t begin,
                        size_t end, uint64_t limit) {
    FileFinder finder(tree_, reader);
    for (size_t i = begin; i < end; ++i) {
      const Change& change = tree_.change(files[i]);
      auto file = finder.open(change.path);
      if (!file) return file.takeError();
      if (!file->content) return fault(FaultKind::Corrupt, tree_.pathOf(change.path) + " is no longer a file");
      auto print = fingerprintOf(*file->content, limit);
      if (!print) return print.takeError();
      prints[i] = *print;
    }
    return llvm::Error::success();
  }

  struct Beginning {
    uint64_t size;
    Fingerprint print;
    ChangeId change;
    auto operator<=>(const Beginning&) const = default;
  };

  /// First the beginnings of all, then the whole of those that begin alike.
  llvm::Error readCandidates() {
    std::vector<ChangeId> files = candidates();
    auto begun = read(files, kBeginning);
    if (!begun) return begun.takeError();
    std::vector<Beginning> beginnings;
    for (auto [change, print] : llvm::zip(files, *begun))
      beginnings.push_back({tree_.change(change).size, print, change});
    llvm::sort(beginnings);
    std::vector<ChangeId> alike;
    for (size_t begin = 0, end; begin < beginnings.size(); begin = end) {
      const Beginning& first = beginnings[begin];
      for (end = begin + 1;
           end < beginnings.size() && beginnings[end].size == first.size && beginnings[end].print == first.print;)
        ++end;
      if (end - begin > 1)
        for (size_t i = begin; i < end; ++i) alike.push_back(beginnings[i].change);
    }
    llvm::sort(alike);
    auto whole = read(alike, UINT64_MAX);
    if (!whole) return whole.takeError();
    for (auto [change, print] : llvm::zip(alike, *whole)) prints_.put(change, print);
    return llvm::Error::success();
  }

  /// A file that came again with the content that it had.
  void nameRewrites() {
    for (ChangeId id = 0; id < tree_.changeCount(); ++id) {
      const Change& change = tree_.change(id);
      if (!replacedBy(change)) continue;
      auto now = prints_.find(id), before = prints_.find(change.before);
      if (now && now == before) tree_.setAction(id, Action::Metadata);
    }
  }

  ImageSource& source_;
  ImageTree tree_;
  ContentPrints prints_;
};

}  // namespace

llvm::Expected<ReadImage> readImage(ImageSource& source) { return Reading(source).run(); }

}  // namespace strata::analyzer
