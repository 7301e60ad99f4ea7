#include "analyzer/diff/file_compare.h"

#include <llvm/ADT/DenseSet.h>
#include <llvm/ADT/STLExtras.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace strata::analyzer {

namespace {

using ChangeId = ImageTree::ChangeId;
using Prints = std::vector<Fingerprint>;

constexpr uint64_t kComparedBeginning = 4096;

/// Prints of files in any order, each file read once, in the order of its layer.
llvm::Expected<Prints> printsInOrder(const ReadSide& side, llvm::ArrayRef<ChangeId> files, uint64_t limit) {
  std::vector<ChangeId> sorted(files.begin(), files.end());
  llvm::sort(sorted);
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  auto made = side.printsOf(sorted, limit);
  if (!made) return made.takeError();
  Prints prints;
  for (ChangeId file : files) prints.push_back((*made)[size_t(llvm::lower_bound(sorted, file) - sorted.begin())]);
  return prints;
}

/// Of the pairs at these positions: those whose prints differ are unequal.
llvm::Error comparePrints(const ImagePair& pair, llvm::ArrayRef<ContentPair> files, llvm::ArrayRef<size_t> positions,
                          uint64_t limit, std::vector<bool>& equal) {
  std::vector<ChangeId> left, right;
  for (size_t position : positions) {
    left.push_back(files[position].before);
    right.push_back(files[position].after);
  }
  auto before = printsInOrder(pair.before, left, limit);
  if (!before) return before.takeError();
  auto after = printsInOrder(pair.after, right, limit);
  if (!after) return after.takeError();
  for (auto [position, a, b] : llvm::zip(positions, *before, *after))
    if (a != b) equal[position] = false;
  return llvm::Error::success();
}

/// Came or went, with what it may be recognised by.
struct Candidate {
  uint64_t size;
  Fingerprint print;
  bool after;
  ChangeId change;
};

class MoveSearch {
public:
  MoveSearch(const ImagePair& pair, std::vector<ChangeId>& removed, std::vector<ChangeId>& added)
      : pair_(pair), removed_(removed), added_(added) {}

  llvm::Expected<std::vector<ContentPair>> run() {
    collect(pair_.before, removed_, false);
    collect(pair_.after, added_, true);
    keepAlike();
    bool allReadable = llvm::all_of(candidates_, [&](const Candidate& one) { return side(one).canBeRead(one.change); });
    if (allReadable)
      if (auto error = narrow(kComparedBeginning)) return error;
    if (auto error = narrow(UINT64_MAX)) return error;
    return paired();
  }

private:
  const ReadSide& side(const Candidate& one) const { return one.after ? pair_.after : pair_.before; }
  llvm::StringRef nameOf(const Candidate& one) const {
    const ImageTree& tree = side(one).tree;
    return tree.nameOf(tree.change(one.change).path);
  }

  void collect(const ReadSide& from, llvm::ArrayRef<ChangeId> changes, bool after) {
    for (ChangeId id : changes)
      if (const auto& change = from.tree.change(id); change.isFile() && change.size >= kSmallestMoved)
        candidates_.push_back({change.size, {}, after, id});
  }

  static auto key(const Candidate& one) { return std::tie(one.size, one.print); }

  /// Drops those that have no like on the other side.
  void keepAlike() {
    llvm::sort(candidates_, [](const Candidate& a, const Candidate& b) {
      return std::tie(a.size, a.print, a.after, a.change) < std::tie(b.size, b.print, b.after, b.change);
    });
    std::vector<Candidate> kept;
    for (auto begin = candidates_.begin(), end = begin; begin != candidates_.end(); begin = end) {
      end = std::find_if(begin, candidates_.end(), [&](const Candidate& one) { return key(one) != key(*begin); });
      if (begin->after != std::prev(end)->after) kept.insert(kept.end(), begin, end);
    }
    candidates_ = std::move(kept);
  }

  llvm::Error narrow(uint64_t limit) {
    for (bool after : {false, true}) {
      std::vector<ChangeId> files;
      for (const Candidate& one : candidates_)
        if (one.after == after) files.push_back(one.change);
      auto prints = printsInOrder(after ? pair_.after : pair_.before, files, limit);
      if (!prints) return prints.takeError();
      auto print = prints->begin();
      for (Candidate& one : candidates_)
        if (one.after == after) one.print = *print++;
    }
    keepAlike();
    return llvm::Error::success();
  }

  /// Of each group of equal files first those with one name, then as they come.
  std::vector<ContentPair> paired() {
    llvm::DenseSet<ChangeId> taken[2];
    std::vector<ContentPair> pairs;
    for (bool sameName : {true, false}) {
      std::map<std::tuple<uint64_t, Fingerprint, llvm::StringRef>, std::vector<const Candidate*>> gone;
      auto place = [&](const Candidate& one) {
        return std::tuple(one.size, one.print, sameName ? nameOf(one) : llvm::StringRef());
      };
      for (const Candidate& one : llvm::reverse(candidates_))
        if (!one.after && !taken[0].contains(one.change)) gone[place(one)].push_back(&one);
      for (const Candidate& one : candidates_) {
        if (!one.after || taken[1].contains(one.change)) continue;
        auto found = gone.find(place(one));
        if (found == gone.end() || found->second.empty()) continue;
        pairs.push_back({found->second.back()->change, one.change});
        taken[0].insert(found->second.back()->change);
        taken[1].insert(one.change);
        found->second.pop_back();
      }
    }
    llvm::erase_if(removed_, [&](ChangeId one) { return taken[0].contains(one); });
    llvm::erase_if(added_, [&](ChangeId one) { return taken[1].contains(one); });
    return pairs;
  }

  const ImagePair& pair_;
  std::vector<ChangeId>&removed_, &added_;
  std::vector<Candidate> candidates_;
};

}  // namespace

llvm::Expected<std::vector<bool>> equalContents(const ImagePair& pair, llvm::ArrayRef<ContentPair> files) {
  std::vector<bool> equal(files.size(), true);
  std::vector<size_t> beginnings, whole;
  for (auto [position, one] : llvm::enumerate(files)) {
    bool readable = pair.before.canBeRead(one.before) && pair.after.canBeRead(one.after);
    if (readable && pair.before.tree.change(one.before).size > kComparedBeginning) beginnings.push_back(position);
  }
  if (auto error = comparePrints(pair, files, beginnings, kComparedBeginning, equal)) return error;
  for (size_t position = 0; position < files.size(); ++position)
    if (equal[position]) whole.push_back(position);
  if (auto error = comparePrints(pair, files, whole, UINT64_MAX, equal)) return error;
  return equal;
}

llvm::Expected<std::vector<ContentPair>> findMoved(const ImagePair& pair, std::vector<ChangeId>& removed,
                                                   std::vector<ChangeId>& added) {
  return MoveSearch(pair, removed, added).run();
}

}  // namespace strata::analyzer
