#include "builder/context/selection.h"

#include "builder/context/ignore_cursor.h"

#include <llvm/Support/FormatVariadic.h>

namespace strata::builder {

using layerfs::EntryKind;

namespace {
std::string encoded(const SourceNode& directory) {
  llvm::SmallVector<const TreeEntry*, 32> entries;
  for (const auto& child : directory.children) entries.push_back(&child->entry);
  return encodeTree(entries);
}

std::unique_ptr<SourceNode> copyWithoutChildren(const SourceNode& node) {
  auto copy = std::make_unique<SourceNode>();
  copy->entry = node.entry;
  copy->mtime = node.mtime;
  copy->ctime = node.ctime;
  copy->inode = node.inode;
  copy->filesystem = node.filesystem;
  copy->linkCount = node.linkCount;
  if (node.isDirectory()) copy->entry.content = Digest();
  return copy;
}

std::unique_ptr<SourceNode> filteredBelow(const SourceNode& directory, const IgnoreCursor& cursor) {
  auto copy = copyWithoutChildren(directory);
  for (const auto& child : directory.children) {
    bool excluded = cursor.excludes(child->entry.name);
    if (!child->isDirectory()) {
      if (!excluded) copy->children.push_back(copyWithoutChildren(*child));
      continue;
    }
    IgnoreCursor inside = cursor.enter(child->entry.name);
    if (excluded && !inside.mayReincludeBelow()) continue;
    auto below = filteredBelow(*child, inside);
    if (!excluded || !below->children.empty()) copy->children.push_back(std::move(below));
  }
  return copy;
}

/// Children first, so that an object is never there without what it names.
llvm::Error keepBelow(const SourceNode& directory, TreeStore& trees) {
  auto known = trees.contains(directory.entry.content);
  if (!known) return known.takeError();
  if (*known) return llvm::Error::success();
  for (const auto& child : directory.children)
    if (child->isDirectory())
      if (auto error = keepBelow(*child, trees)) return error;
  return trees.put(directory.entry.content, encoded(directory));
}
}  // namespace

std::unique_ptr<SourceNode> copyOf(const SourceNode& node) {
  auto copy = copyWithoutChildren(node);
  for (const auto& child : node.children) copy->children.push_back(copyOf(*child));
  return copy;
}

std::unique_ptr<SourceNode> filtered(const SourceNode& directory, const IgnoreMatcher& excludes) {
  auto copy = filteredBelow(directory, IgnoreCursor::atRoot(excludes));
  seal(*copy);
  return copy;
}

void seal(SourceNode& node) {
  if (!node.isDirectory() || node.entry.content) return;
  uint64_t size = 0;
  for (auto& child : node.children) {
    seal(*child);
    size += child->entry.size;
  }
  node.entry.size = size;
  node.entry.content = digestOf(encoded(node));
}

NodeCount countOf(const SourceNode& node) {
  NodeCount count;
  if (!node.isDirectory()) return {1, node.entry.kind == EntryKind::File ? node.entry.size : 0};
  for (const auto& child : node.children) {
    NodeCount below = countOf(*child);
    count.files += below.files;
    count.bytes += below.bytes;
  }
  return count;
}

TreeObject rootOf(llvm::ArrayRef<ArgumentMatches> matches) {
  TreeObject root;
  root.isSelection = true;
  for (const ArgumentMatches& match : matches) {
    const auto& sources = match.sources;
    // The order among matches counts where they overwrite each other. As long as base names ascend they tell it.
    bool ascending = true;
    for (size_t i = 1; i < sources.size(); ++i) ascending &= sources[i - 1].baseName < sources[i].baseName;
    for (size_t i = 0; i < sources.size(); ++i) {
      TreeEntry entry = sources[i].node->entry;
      std::string position = llvm::formatv("{0,0+4}", match.argument).str();
      if (!ascending) position += llvm::formatv(".{0,0+6}", i).str();
      entry.name = position + " " + sources[i].baseName;
      if (entry.kind == EntryKind::Directory) {  // its contents are copied, not itself: COPY-20, COPY-24
        entry.mode = entry.uid = entry.gid = 0;
        entry.xattrs = Digest();
      }
      root.entries.push_back(std::move(entry));
    }
  }
  llvm::sort(root.entries, [](const TreeEntry& a, const TreeEntry& b) { return a.name < b.name; });
  return root;
}

llvm::Error keepTrees(const TreeObject& root, const Digest& digest, llvm::ArrayRef<SelectedSource> sources,
                      TreeStore& trees) {
  auto known = trees.contains(digest);
  if (!known) return known.takeError();
  if (*known) return llvm::Error::success();
  return trees.transact([&]() -> llvm::Error {
    for (const SelectedSource& source : sources)
      if (source.node->isDirectory())
        if (auto error = keepBelow(*source.node, trees)) return error;
    return trees.put(digest, root.encode());
  });
}

llvm::Expected<Selection> joined(llvm::ArrayRef<Selection> parts, TreeStore& trees) {
  Selection whole;
  std::vector<ArgumentMatches> matches;
  for (size_t i = 0; i < parts.size(); ++i) {
    matches.push_back({i, parts[i].sources});
    llvm::append_range(whole.sources, parts[i].sources);
    whole.files += parts[i].files;
    whole.bytes += parts[i].bytes;
  }
  TreeObject root = rootOf(matches);
  whole.tree = digestOf(root.encode());
  if (auto error = keepTrees(root, whole.tree, whole.sources, trees)) return error;
  return whole;
}

}  // namespace strata::builder
