#include "analyzer/image/waste.h"

#include "analyzer/image/leftovers.h"

#include <llvm/ADT/DenseMap.h>
#include <llvm/ADT/STLExtras.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace strata::analyzer {

namespace {

using Action = ImageTree::Action;
using Change = ImageTree::Change;
using ChangeId = ImageTree::ChangeId;
using PathId = ImageTree::PathId;
using layerfs::EntryKind;

WasteCause causeOf(LeftoverKind kind) {
  switch (kind) {
    case LeftoverKind::PackageCache:
      return WasteCause::PackageCache;
    case LeftoverKind::VersionControl:
      return WasteCause::VersionControl;
    case LeftoverKind::Log:
      return WasteCause::Log;
    case LeftoverKind::Dropping:
      return WasteCause::Dropping;
  }
  return WasteCause::Dropping;
}

class WasteSearch {
public:
  WasteSearch(const ImageTree& tree, const ContentPrints& prints)
      : tree_(tree), prints_(prints), leftovers_(leftoversIn(tree)) {}

  Waste run() {
    noteLinks();
    for (PathId path = 1; path < tree_.pathCount(); ++path) lookAt(path);
    noteDuplicates();
    return finished();
  }

private:
  /// Findings are told apart by these: cause, row of leftovers, layer, other layer.
  using Key = std::tuple<WasteCause, uint8_t, uint32_t, uint32_t>;
  struct Files {
    std::vector<std::pair<uint64_t, ChangeId>> all;  ///< bytes, what is wasted
    uint64_t largest = 0;
    ChangeId equal = ImageTree::kNone;  ///< to the largest of duplicates
  };

  /// A visible file that others may equal; the one that came first is first in order.
  struct Equal {
    Fingerprint print;
    uint32_t layer = 0;  ///< that brought the content
    ChangeId file = ImageTree::kNone;
    auto operator<=>(const Equal&) const = default;
  };

  /// Hard links, by the path and layer of their first name: the bytes stay as long as one of the names is seen.
  void noteLinks() {
    for (ChangeId id = 0; id < tree_.changeCount(); ++id) {
      const Change& change = tree_.change(id);
      if (change.kind == EntryKind::Hardlink && change.target != ImageTree::kNone)
        links_[{change.target, change.layer}].push_back(change.path);
    }
  }

  bool seenThroughLink(const Change& file) const {
    if (!file.marked) return false;
    auto names = links_.find({file.path, file.layer});
    return names != links_.end() && llvm::any_of(names->second, [&](PathId name) {
             ChangeId change = tree_.visibleChange(name);
             return change != ImageTree::kNone && tree_.change(change).layer == file.layer;
           });
  }

  /// All that happened to one path, the latest first.
  void lookAt(PathId path) {
    ChangeId later = ImageTree::kNone;
    for (ChangeId id = tree_.lastChange(path); id != ImageTree::kNone; id = tree_.change(id).before) {
      const Change& change = tree_.change(id);
      if (change.isFile() && change.size > 0) {
        if (later == ImageTree::kNone)
          lookAtVisible(id, change);
        else if (!seenThroughLink(change))
          noteHidden(id, change, later);
      }
      later = id;
    }
  }

  /// Whose content it is: what a chown brings again is still that of the COPY.
  uint32_t originOf(const Change& change) const {
    const Change* first = &change;
    while (first->action == Action::Metadata && first->before != ImageTree::kNone) first = &tree_.change(first->before);
    return first->layer;
  }

  void lookAtVisible(ChangeId id, const Change& change) {
    uint8_t row = leftovers_[change.path];
    if (row != kNoLeftover)
      note({causeOf(leftoverTable()[row].kind), row, originOf(change), ImageTree::kNone}, id);
    else if (auto print = prints_.find(id); print && change.size >= kSmallestDuplicate)
      equals_.push_back({*print, originOf(change), id});
  }

  void noteHidden(ChangeId id, const Change& change, ChangeId byId) {
    const Change& by = tree_.change(byId);
    uint8_t row = leftovers_[change.path];
    if (by.isRemoval())
      note({WasteCause::DeletedLater, row, originOf(change), by.layer}, id);
    else if (by.isFile() && by.action == Action::Metadata)
      note({WasteCause::MetadataOnly, kNoLeftover, by.layer, change.layer}, byId);
    else
      note({WasteCause::OverwrittenLater, kNoLeftover, originOf(change), by.layer}, id);
  }

  void note(const Key& key, ChangeId id) { found_[key].all.push_back({tree_.change(id).size, id}); }

  /// Of equal files the one that came first is needed, and the others are not.
  void noteDuplicates() {
    llvm::sort(equals_);
    for (size_t begin = 0, end; begin < equals_.size(); begin = end) {
      const Equal& first = equals_[begin];
      for (end = begin + 1; end < equals_.size() && equals_[end].print == first.print; ++end) {
        const Equal& copy = equals_[end];
        uint64_t size = tree_.change(copy.file).size;
        if (size != tree_.change(first.file).size) continue;
        Files& files = found_[{WasteCause::Duplicate, kNoLeftover, copy.layer, first.layer}];
        if (size > files.largest) files.equal = first.file;
        files.largest = std::max(files.largest, size);
        files.all.push_back({size, copy.file});
      }
    }
  }

  WasteFinding findingOf(const Key& key, Files& files) const {
    auto [cause, row, layer, other] = key;
    WasteFinding finding;
    finding.cause = cause;
    if (row != kNoLeftover) finding.what = leftoverTable()[row].what.str();
    if (row != kNoLeftover) finding.hint = leftoverTable()[row].hint.str();
    finding.layer = layer;
    if (other != ImageTree::kNone) finding.other = other;
    finding.files = files.all.size();
    for (const auto& [bytes, change] : files.all) finding.bytes += bytes;
    size_t shown = std::min(files.all.size(), WasteFinding::kShownPaths);
    auto larger = [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first > b.first : a.second < b.second;
    };
    std::partial_sort(files.all.begin(), files.all.begin() + long(shown), files.all.end(), larger);
    for (const auto& [bytes, change] : llvm::ArrayRef(files.all).take_front(shown))
      finding.paths.push_back({tree_.pathOf(tree_.change(change).path), bytes});
    if (files.equal != ImageTree::kNone) finding.equalTo = tree_.pathOf(tree_.change(files.equal).path);
    if (cause == WasteCause::MetadataOnly) sayWhatChanged(files, finding);
    return finding;
  }

  void sayWhatChanged(const Files& files, WasteFinding& finding) const {
    const Change& first = tree_.change(files.all.front().second);
    finding.owner = {first.uid, first.gid};
    finding.mode = first.mode;
    for (const auto& [bytes, id] : files.all) {
      const Change& now = tree_.change(id);
      const Change& before = tree_.change(now.before);
      if (now.uid != before.uid || now.gid != before.gid) finding.ownerChanged = true;
      if (now.mode != before.mode) finding.modeChanged = true;
      if (finding.owner != std::pair(now.uid, now.gid)) finding.owner.reset();
      if (finding.mode != now.mode) finding.mode.reset();
    }
  }

  Waste finished() {
    Waste waste;
    for (auto& [key, files] : found_) {
      waste.findings.push_back(findingOf(key, files));
      waste.bytes += waste.findings.back().bytes;
      waste.files += waste.findings.back().files;
    }
    llvm::stable_sort(waste.findings, [](const auto& a, const auto& b) { return a.bytes > b.bytes; });
    return waste;
  }

  const ImageTree& tree_;
  const ContentPrints& prints_;
  std::vector<uint8_t> leftovers_;
  std::map<std::pair<PathId, uint32_t>, std::vector<PathId>> links_;
  std::vector<Equal> equals_;
  std::map<Key, Files> found_;
};

}  // namespace

llvm::StringRef nameOf(WasteCause cause) {
  constexpr llvm::StringLiteral kNames[] = {"deleted-later", "overwritten-later", "metadata-only", "duplicate",
                                            "package-cache", "version-control",   "log",           "dropping"};
  return kNames[size_t(cause)];
}

llvm::StringRef titleOf(WasteCause cause) {
  constexpr llvm::StringLiteral kTitles[] = {"deleted later",
                                             "overwritten later",
                                             "written again unchanged",
                                             "same content again",
                                             "caches",
                                             "version control",
                                             "logs",
                                             "droppings"};
  return kTitles[size_t(cause)];
}

Waste wasteOf(const ImageTree& tree, const ContentPrints& prints) { return WasteSearch(tree, prints).run(); }

}  // namespace strata::analyzer
