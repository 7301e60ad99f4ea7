#pragma once
/// \file The files that a COPY took of one directory of the context, by their paths in it, as the journal has them.

#include "builder/journal/file_tree.h"
#include "builder/journal/journal.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <map>
#include <optional>
#include <string>

namespace strata::analyzer {

/// Reads directories when they are asked for, each once. Borrows the store.
class CopiedTree {
public:
  /// Nothing for a step that took anything else than the inside of one directory, or of which the journal forgot it.
  static llvm::Expected<std::optional<CopiedTree>> of(const builder::BuildStep& copy, builder::TreeStore& trees);

  /// Nothing where there is none; a directory that the journal forgot is empty.
  llvm::Expected<std::optional<builder::TreeEntry>> find(llvm::StringRef path);
  using Visitor = llvm::function_ref<void(const std::string& path, const builder::TreeEntry& entry)>;
  /// Everything below, parents first.
  [[nodiscard]] llvm::Error visit(Visitor visitor) { return visitBelow("", root_, visitor); }
  /// Equal for trees in which these paths are the same in all that a COPY takes over; nothing where one is missing.
  llvm::Expected<std::optional<std::string>> fingerprint(llvm::ArrayRef<std::string> paths);

private:
  CopiedTree(builder::TreeStore& trees, const Digest& root) : trees_(&trees), root_(root) {}
  llvm::Expected<const builder::TreeObject*> load(const Digest& directory);
  [[nodiscard]] llvm::Error visitBelow(const std::string& path, const Digest& directory, Visitor visitor);

  builder::TreeStore* trees_;
  Digest root_;
  std::map<Digest, builder::TreeObject> known_;
};

}  // namespace strata::analyzer
