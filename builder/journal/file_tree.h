#pragma once
/// \file Trees of files by digest, as a COPY took them: one object a directory, named by the SHA-256 of its canonical
/// encoding (a Merkle tree), so that equal folders are stored once, equal roots mean equal trees, and two trees are
/// compared by descending only where they differ. Times are no part of it. Kept in the journal: this is what makes
/// "which file was it?" answerable.

#include "layerfs/layer_entry.h"
#include "support/database.h"
#include "support/digest.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/Support/Error.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace strata::builder {

/// One name in a directory. Source: spec CACHE-4.
struct TreeEntry {
  std::string name;  ///< one component; no '/'
  layerfs::EntryKind kind = layerfs::EntryKind::File;
  uint32_t mode = 0;  ///< permission bits with setuid, setgid, sticky
  uint32_t uid = 0, gid = 0;
  uint64_t size = 0;       ///< bytes of a file; of a directory: the sum of all below
  uint64_t device = 0;     ///< makedev(major, minor) of a device node
  std::string linkTarget;  ///< of a symlink
  Digest content;          ///< file: SHA-256 of its bytes; directory: of its TreeObject; else none
  Digest xattrs;           ///< none where there are none
  auto operator<=>(const TreeEntry&) const = default;
};

/// A directory: its entries sorted by name, bytewise, no name twice.
struct TreeObject {
  /// What a COPY selected rather than a directory of the disk: a name there is the position of the source argument, a
  /// blank and the source's base name ("0002 main.c"; the latter empty for a tree's root), which differences leave out.
  bool isSelection = false;
  std::vector<TreeEntry> entries;
  std::string encode() const;  ///< canonical, versioned; the digest is taken over this
  static llvm::Expected<TreeObject> decode(llvm::StringRef bytes);  ///< Faults: Corrupt
};

/// TreeObject::encode without an object: entries sorted by name.
std::string encodeTree(llvm::ArrayRef<const TreeEntry*> entries, bool isSelection = false);

/// Tree objects by digest.
class TreeStore {
public:
  static llvm::Expected<std::unique_ptr<TreeStore>> open(Database& database);
  [[nodiscard]] llvm::Error put(const Digest& digest, llvm::StringRef encoded);
  llvm::Expected<bool> contains(const Digest& digest);
  llvm::Expected<std::optional<TreeObject>> find(const Digest& digest);
  /// Several puts in one commit, which is many times cheaper: all of what `body` put is there, or nothing.
  [[nodiscard]] llvm::Error transact(llvm::function_ref<llvm::Error()> body) { return database_.transact(body); }

private:
  explicit TreeStore(Database& database) : database_(database) {}
  Database& database_;
};

struct TreeChange {
  enum class Kind { Added, Removed, Modified, Mode, Owner, Type, Xattrs };
  Kind kind = Kind::Modified;
  std::string path;  ///< from the root of the compared trees
  uint64_t oldSize = 0, newSize = 0;
  TreeEntry before, after;  ///< as far as they exist
};
/// Every difference, in path order; also of trees that leave out what is in the files. A directory that was added or
/// removed counts as one change with its size. Faults: NotFound if an object has been pruned.
llvm::Expected<std::vector<TreeChange>> diffTrees(TreeStore& store, const Digest& before, const Digest& after);

}  // namespace strata::builder
