#include "analyzer/advice/copied_tree.h"

#include "analyzer/advice/finders.h"
#include "support/clean_path.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::analyzer {

using builder::TreeEntry;
using builder::TreeObject;
using layerfs::EntryKind;

llvm::Expected<std::optional<CopiedTree>> CopiedTree::of(const builder::BuildStep& copy, builder::TreeStore& trees) {
  const auto* files = componentOf(copy, builder::KeyComponent::Kind::Files);
  if (!files || files->step || !files->tree) return std::nullopt;
  auto selection = trees.find(files->tree);
  if (!selection) return selection.takeError();
  if (!*selection || !(*selection)->isSelection || (*selection)->entries.size() != 1) return std::nullopt;
  const TreeEntry& taken = (*selection)->entries.front();
  if (taken.kind != EntryKind::Directory) return std::nullopt;
  CopiedTree tree(trees, taken.content);
  auto root = tree.load(taken.content);
  if (!root) return root.takeError();
  return (*root)->entries.empty() ? std::nullopt : std::optional(std::move(tree));
}

llvm::Expected<const TreeObject*> CopiedTree::load(const Digest& directory) {
  if (auto known = known_.find(directory); known != known_.end()) return &known->second;
  auto object = trees_->find(directory);
  if (!object) return object.takeError();
  return &known_.emplace(directory, *object ? std::move(**object) : TreeObject()).first->second;
}

llvm::Expected<std::optional<TreeEntry>> CopiedTree::find(llvm::StringRef path) {
  std::optional<TreeEntry> found;
  for (llvm::StringRef name : pathComponents(path)) {
    if (found && found->kind != EntryKind::Directory) return std::nullopt;
    auto directory = load(found ? found->content : root_);
    if (!directory) return directory.takeError();
    const auto& entries = (*directory)->entries;
    auto entry = llvm::find_if(entries, [&](const TreeEntry& one) { return one.name == name; });
    if (entry == entries.end()) return std::nullopt;
    found = *entry;
  }
  return found;
}

llvm::Error CopiedTree::visitBelow(const std::string& path, const Digest& directory, Visitor visitor) {
  auto object = load(directory);
  if (!object) return object.takeError();
  for (const TreeEntry& entry : (*object)->entries) {
    std::string below = path.empty() ? entry.name : path + "/" + entry.name;
    visitor(below, entry);
    if (entry.kind != EntryKind::Directory) continue;
    if (llvm::Error error = visitBelow(below, entry.content, visitor)) return error;
  }
  return llvm::Error::success();
}

llvm::Expected<std::optional<std::string>> CopiedTree::fingerprint(llvm::ArrayRef<std::string> paths) {
  TreeObject taken;
  for (const std::string& path : paths) {
    auto entry = find(path);
    if (!entry) return entry.takeError();
    if (!*entry) return std::nullopt;
    (*entry)->name = path;
    taken.entries.push_back(std::move(**entry));
  }
  llvm::sort(taken.entries);
  return taken.encode();
}

}  // namespace strata::analyzer
