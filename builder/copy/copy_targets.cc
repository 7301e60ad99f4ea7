#include "builder/copy/copy_targets.h"

#include "builder/context/rooted_path.h"
#include "support/fault.h"
#include "support/text.h"

namespace strata::builder {

using layerfs::EntryKind;

namespace {
class Overlay {
public:
  /// The contents of a directory source over those of a target.
  llvm::Error contents(CopyTarget& target, const SourceNode& directory, uint32_t source, const std::string& path) {
    if (target.children.empty()) target.children.reserve(directory.children.size());
    for (const auto& child : directory.children) {
      bool isDirectory = child->entry.kind == EntryKind::Directory;
      auto made = place(target, child->entry.name, isDirectory, path);
      if (!made) return made.takeError();
      (*made)->node = child.get();
      (*made)->source = source;
      if (!isDirectory) continue;
      if (auto error = contents(**made, *child, source, below(path, child->entry.name))) return error;
    }
    return llvm::Error::success();
  }

  /// The child with this name, new or there already as the same kind of thing.
  llvm::Expected<CopyTarget*> place(CopyTarget& target, const std::string& name, bool isDirectory,
                                    const std::string& path) {
    auto& children = target.children;
    auto at = children.empty() || children.back()->name < name  // the usual case: names come in order
                  ? children.end()
                  : llvm::lower_bound(children, name, [](const auto& child, const std::string& wanted) {
                      return child->name < wanted;
                    });
    if (at == children.end() || (*at)->name != name) {
      auto made = std::make_unique<CopyTarget>();
      made->name = name;
      made->isDirectory = isDirectory;
      return children.insert(at, std::move(made))->get();
    }
    CopyTarget& there = **at;
    std::string shown = "\"/" + printable(below(path, name)) + "\"";
    if (there.isDirectory && !isDirectory)
      return fault(FaultKind::Invalid, "cannot replace to directory " + shown + " with file");
    if (!there.isDirectory && isDirectory) return fault(FaultKind::Invalid, "cannot copy to non-directory: " + shown);
    if (!isDirectory) there = CopyTarget{.name = name};
    return &there;
  }
};
}  // namespace

bool changesNothing(const CopyRequest& request, const DestinationFacts& facts) {
  if (!request.selection.sources.empty() || !request.inlineFiles.empty()) return false;
  bool exists = !facts.existing.empty() && facts.existing.back().path == facts.path;
  return request.fromTree || exists;
}

llvm::Expected<CopyTargets> makeTargets(const CopyRequest& request, const DestinationFacts& facts, size_t first,
                                        size_t last, bool withInlineFiles) {
  CopyTargets targets;
  targets.path = facts.isDirectory ? facts.path : parentOf(facts.path).str();
  targets.top.isDirectory = true;
  auto nameFor = [&](const std::string& name) { return facts.isDirectory ? name : baseNameOf(facts.path).str(); };
  Overlay overlay;
  for (size_t i = first; i < last; ++i) {
    const SelectedSource& source = request.selection.sources[i];
    if (source.node->entry.kind == EntryKind::Directory) {
      targets.lastDirectory = source.node;
      if (auto error = overlay.contents(targets.top, *source.node, uint32_t(i), targets.path)) return error;
      continue;
    }
    auto made = overlay.place(targets.top, nameFor(source.baseName), false, targets.path);
    if (!made) return made.takeError();
    (*made)->node = source.node;
    (*made)->source = uint32_t(i);
    (*made)->direct = true;
  }
  llvm::ArrayRef<InlineFile> inlineFiles = request.inlineFiles;
  for (const InlineFile& file : withInlineFiles ? inlineFiles : llvm::ArrayRef<InlineFile>()) {
    auto made = overlay.place(targets.top, nameFor(file.name), false, targets.path);
    if (!made) return made.takeError();
    (*made)->inlineFile = &file;
  }
  return targets;
}

}  // namespace strata::builder
