#include "builder/remote/tree_blob.h"

#include "builder/remote/pack.h"
#include "support/fault.h"

#include <llvm/Support/Endian.h>

namespace strata::builder {

namespace {
constexpr llvm::StringLiteral kTreesMagic = "strata trees 1\n";
constexpr size_t kMostTreeBytes = 64 << 20;

void appendObject(std::string& out, llvm::StringRef object) {
  char length[8];
  llvm::support::endian::write64le(length, object.size());
  out.append(length, sizeof length);
  out.append(object.data(), object.size());
}
}  // namespace

std::vector<Digest> treesOf(const Build& build) {
  std::set<Digest> roots;
  for (const BuildStep& step : build.steps) {
    for (const KeyComponent& component : step.components) roots.insert(component.tree);
    roots.insert(step.output);
  }
  roots.erase(Digest());
  return {roots.begin(), roots.end()};
}

llvm::Expected<std::string> packTrees(TreeStore& trees, llvm::ArrayRef<Digest> roots, const std::set<Digest>& without) {
  std::set<Digest> seen = without;
  std::vector<Digest> open;
  for (const Digest& root : roots)
    if (seen.insert(root).second) open.push_back(root);
  std::string out = kTreesMagic.str();
  while (!open.empty()) {
    auto object = trees.find(open.back());
    open.pop_back();
    if (!object) return object.takeError();
    if (!*object) continue;  // pruned
    appendObject(out, (*object)->encode());
    if (out.size() > kMostTreeBytes) return "";
    for (const TreeEntry& entry : (*object)->entries)
      if (entry.kind == layerfs::EntryKind::Directory && seen.insert(entry.content).second)
        open.push_back(entry.content);
  }
  if (out.size() == kTreesMagic.size()) return "";
  return compressed(out);
}

namespace {
using VisitObject = llvm::function_ref<llvm::Error(llvm::StringRef object)>;
llvm::Error visitObjects(llvm::StringRef bytes, VisitObject visit) {
  auto plain = inflated(bytes, kMostTreeBytes + 1024);
  if (!plain) return withContext(plain.takeError(), "trees of a cache");
  llvm::StringRef rest = *plain;
  if (!rest.consume_front(kTreesMagic)) return fault(FaultKind::Invalid, "trees of a cache: another format");
  while (!rest.empty()) {
    uint64_t length = rest.size() < 8 ? UINT64_MAX : llvm::support::endian::read64le(rest.data());
    if (length > rest.size() - std::min<size_t>(rest.size(), 8))
      return fault(FaultKind::Invalid, "trees of a cache: cut short");
    if (auto error = visit(rest.substr(8, length))) return error;
    rest = rest.drop_front(8 + length);
  }
  return llvm::Error::success();
}
}  // namespace

llvm::Error unpackTrees(llvm::StringRef bytes, TreeStore& trees) {
  return trees.transact([&] {
    return visitObjects(bytes, [&](llvm::StringRef object) -> llvm::Error {
      auto decoded = TreeObject::decode(object);
      if (!decoded) return decoded.takeError();
      return trees.put(digestOf(object), object);
    });
  });
}

llvm::Expected<std::vector<Digest>> treesIn(llvm::StringRef bytes) {
  std::vector<Digest> digests;
  auto error = visitObjects(bytes, [&](llvm::StringRef object) {
    digests.push_back(digestOf(object));
    return llvm::Error::success();
  });
  if (error) return error;
  return digests;
}

}  // namespace strata::builder
