#include "layerfs/layer_stack.h"

#include "layerfs/first_names.h"
#include "layerfs/layer_file.h"
#include "layerfs/path_parts.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/SmallVector.h>

#include <map>

namespace strata::layerfs {

std::vector<LayerStack::Part> LayerStack::roots() const {
  std::vector<Part> parts;
  for (size_t layer = layers_.size(); layer-- > 0;) parts.push_back({layer, layers_[layer]->root()});
  return parts;
}

/// Topmost first. The first says what is there; below a directory come those of the layers beneath, up to one that
/// hides the rest: an opaque one, or what is no directory. Source: Linux Documentation/filesystems/overlayfs.rst.
llvm::Expected<std::optional<LayerStack::Node>> LayerStack::merge(std::vector<Part> parts) const {
  Node node;
  for (Part& part : parts) {
    auto file = layers_[part.layer]->load(part.place);
    if (!file) return file.takeError();
    bool directory = file->entry.kind == EntryKind::Directory, opaque = file->opaque;
    bool first = node.directories.empty();
    if (first) {
      if (file->entry.kind == EntryKind::Whiteout) return std::nullopt;
      node.file = std::move(*file);
      node.layer = part.layer;
    }
    if (!directory) break;
    node.directories.push_back(std::move(part));
    if (opaque) break;
  }
  return std::optional(std::move(node));
}

llvm::Expected<std::vector<LayerStack::Child>> LayerStack::list(const Node& directory) const {
  std::map<std::string, std::vector<Part>> merged;
  for (const Part& part : directory.directories) {
    auto names = layers_[part.layer]->list(part.place);
    if (!names) return names.takeError();
    for (LayerReader::Child& child : *names)  // sorted: of a single layer each goes to the end
      merged.try_emplace(merged.end(), std::move(child.name))->second.push_back({part.layer, std::move(child.place)});
  }
  std::vector<Child> children;
  children.reserve(merged.size());
  for (auto& [name, parts] : merged) children.push_back({name, std::move(parts)});
  return children;
}

llvm::Expected<std::optional<LayerStack::Node>> LayerStack::findChild(const Node& directory,
                                                                      llvm::StringRef name) const {
  std::vector<Part> parts;
  for (const Part& part : directory.directories) {
    auto place = layers_[part.layer]->find(part.place, name);
    if (!place) return place.takeError();
    if (*place) parts.push_back({part.layer, std::move(**place)});
  }
  if (parts.empty()) return std::nullopt;
  return merge(std::move(parts));
}

llvm::Expected<std::optional<LayerStack::Node>> LayerStack::findNode(llvm::StringRef path, FinalLink final) const {
  if (layers_.empty()) return std::nullopt;
  auto root = merge(roots());
  if (!root) return root.takeError();
  std::vector<std::pair<std::string, Node>> above;  // where we are, and all that it is in
  above.emplace_back("", std::move(**root));
  std::vector<std::string> todo;
  pushReversed(todo, path);
  for (int links = 0; !todo.empty();) {
    std::string name = std::move(todo.back());
    todo.pop_back();
    if (name == "..") {
      if (above.size() > 1) above.pop_back();
      continue;
    }
    auto child = findChild(above.back().second, name);
    if (!child) return child.takeError();
    if (!*child) return std::nullopt;
    bool follow = (*child)->file.entry.kind == EntryKind::Symlink && (!todo.empty() || final == FinalLink::Follow);
    if (!follow) {
      above.emplace_back(std::move(name), std::move(**child));
      continue;
    }
    if (++links > kMaxLinks) return fault(FaultKind::Invalid, printable(path) + ": symbolic links lead in a circle");
    llvm::StringRef target((*child)->file.entry.linkTarget);
    if (target.starts_with("/")) above.resize(1);
    pushReversed(todo, target);
  }
  std::string real;
  for (const auto& [name, node] : above) real += (real.empty() ? "" : "/") + name;
  above.back().second.file.entry.path = std::move(real);
  return std::optional(std::move(above.back().second));
}

llvm::Expected<std::optional<LayerReader::File>> LayerStack::find(llvm::StringRef path, FinalLink final) const {
  auto node = findNode(path, final);
  if (!node) return node.takeError();
  return *node ? std::optional(std::move((*node)->file)) : std::nullopt;
}

class LayerStack::Walk {
public:
  Walk(const LayerStack& stack, Visitor visit) : stack_(stack), visit_(visit) {}

  llvm::Error run(Node top) {
    if (auto error = visitNode(std::move(top))) return error;
    while (!levels_.empty()) {  // no recursion: a tree may be 2,000 directories deep
      Level& level = levels_.back();
      if (level.next == level.children.size()) {
        levels_.pop_back();
        continue;
      }
      Child child = std::move(level.children[level.next++]);
      auto node = stack_.merge(std::move(child.parts));
      if (!node) return node.takeError();
      if (!*node) continue;
      (*node)->file.entry.path = level.path.empty() ? child.name : level.path + "/" + child.name;
      if (auto error = visitNode(std::move(**node))) return error;
    }
    return llvm::Error::success();
  }

private:
  struct Level {
    std::string path;
    std::vector<Child> children;
    size_t next = 0;
  };

  llvm::Error visitNode(Node node) {
    LayerReader::File& file = node.file;
    StringSource none("");
    if (file.entry.kind == EntryKind::Directory) {
      if (auto error = visit_(file.entry, none, -1)) return error;
      auto children = stack_.list(node);
      if (!children) return withContext(children.takeError(), printable(file.entry.path));
      levels_.push_back({std::move(file.entry.path), std::move(*children)});
      return llvm::Error::success();
    }
    bool further = firstNames_.becomesHardlink(file.entry, {node.layer, file.identity}, file.links);
    if (further || !file.content) return visit_(file.entry, none, -1);
    return visit_(file.entry, *file.content, file.file ? file.file->get() : -1);
  }

  const LayerStack& stack_;
  Visitor visit_;
  std::vector<Level> levels_;
  FirstNames<std::pair<size_t, std::pair<uint64_t, uint64_t>>> firstNames_;
};

llvm::Error LayerStack::walk(Visitor visit, llvm::StringRef path) const {
  auto top = findNode(path, FinalLink::Keep);
  if (!top) return top.takeError();
  if (!*top) return llvm::Error::success();
  return Walk(*this, visit).run(std::move(**top));
}

}  // namespace strata::layerfs
