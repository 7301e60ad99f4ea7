#include "analyzer/image/layer_union.h"

#include <llvm/ADT/Hashing.h>

#include <iterator>

namespace strata::analyzer {

namespace {

using layerfs::EntryKind;
using layerfs::LayerEntry;

/// Of this process only: never stored.
uint64_t stateOf(const LayerEntry& entry) {
  return llvm::hash_combine(int(entry.kind), entry.mode, entry.uid, entry.gid);
}

}  // namespace

void LayerUnion::beginLayer() {
  ++layer_;
  counts_ = {};
}

LayerUnion::Node* LayerUnion::find(llvm::StringRef path) {
  Node* node = &root_;
  while (!path.empty()) {
    auto [name, rest] = path.split('/');
    if (!node->children) return nullptr;
    auto child = node->children->find(std::string_view(name));
    if (child == node->children->end()) return nullptr;
    node = &child->second;
    path = rest;
  }
  return node;
}

LayerUnion::Node& LayerUnion::obtain(llvm::StringRef path) {
  Node* node = &root_;
  while (!path.empty()) {
    auto [name, rest] = path.split('/');
    if (!node->children) node->children = std::make_unique<std::map<std::string, Node, std::less<>>>();
    node = &(*node->children)[name.str()];
    path = rest;
  }
  return *node;
}

bool LayerUnion::takeOut(Node& node) {
  removeBelow(node);
  bool ours = node.layer == layer_;
  if (!ours && node.layer != 0) ++counts_.removed;
  node.layer = ours ? layer_ : 0;
  return !ours && !node.children;
}

void LayerUnion::removeBelow(Node& directory) {
  if (!directory.children) return;
  auto& children = *directory.children;
  for (auto child = children.begin(); child != children.end();)
    child = takeOut(child->second) ? children.erase(child) : std::next(child);
  if (children.empty()) directory.children.reset();
}

void LayerUnion::remove(llvm::StringRef path) {
  Node* node = find(path);
  if (!node || !takeOut(*node)) return;
  size_t slash = path.rfind('/');
  bool atRoot = slash == llvm::StringRef::npos;
  Node* parent = find(atRoot ? "" : path.take_front(slash));
  parent->children->erase(parent->children->find(std::string_view(atRoot ? path : path.substr(slash + 1))));
}

void LayerUnion::add(const LayerEntry& entry) {
  if (entry.kind == EntryKind::Whiteout) return remove(entry.path);
  if (entry.kind == EntryKind::Opaque) {
    if (Node* node = find(entry.path)) removeBelow(*node);
    return;
  }
  if (entry.path.empty()) return;  // the root is in every layer
  Node& node = obtain(entry.path);
  uint64_t state = stateOf(entry);
  bool directory = entry.kind == EntryKind::Directory;
  bool below = node.layer != 0 && node.layer != layer_;
  if (node.layer == 0)
    ++counts_.added;
  else if (below && !(directory && node.state == state))
    ++counts_.modified;
  if (!directory) removeBelow(node);  // a file in the place of a directory hides all of it
  node.layer = layer_;
  node.state = state;
}

}  // namespace strata::analyzer
