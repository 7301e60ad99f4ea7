#pragma once
/// \file Layer entries made into files, below one directory and never outside it: a parent that is a symbolic link is
/// followed as a process chrooted there would follow it, a last component never. Of several entries with one path the
/// last wins. Nobody else may write to the directory meanwhile, unless it was opened as shared: then nothing leads out
/// of it all the same.

#include "layerfs/file_attributes.h"
#include "layerfs/layer_entry.h"
#include "layerfs/noted_owners.h"
#include "layerfs/tree_cursor.h"
#include "support/bytes.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <map>
#include <string>
#include <vector>

namespace strata::layerfs {

/// What becomes of whiteouts and opaque marks.
enum class Removals {
  Marked,   ///< kept as marks: the directory is a layer in overlay upper format
  Applied,  ///< carried out: the directory is the whole tree, and layers are written over one another
};

class TreeWriter {
public:
  /// The directory must be there; without an entry "" its mode stays and its time becomes 0. `owners`: for who may give
  /// files to nobody: they are noted there instead, xattrs and devices are left out.
  static llvm::Expected<TreeWriter> open(const std::string& directory, Removals removals,
                                         NotedOwners* owners = nullptr);
  /// For a directory that somebody uses: what is there is replaced by its like alone, a directory stays what it is
  /// while files are written into it, and the top, without an entry, as it is. Removals mean nothing.
  static TreeWriter shared(UniqueFd directory);

  /// Makes one entry; a device is left out where root of a user namespace may make none, as docker does. `file`: a
  /// descriptor of the content's file where there is one, for the kernel to clone or copy.
  /// Faults: Invalid for a parent that is no directory, a hard link to nothing, or, shared, a directory in place of
  /// something else or the other way; Denied for owners, devices and xattrs that this user
  /// may not make; all name the entry.
  [[nodiscard]] llvm::Error add(const LayerEntry& entry, ByteSource& content, int file = -1);
  /// Gives the directories their modes and times, which writing into them would have disturbed.
  [[nodiscard]] llvm::Error finish();

private:
  struct Attributes {
    uint32_t mode;
    int64_t mtime;
  };
  struct PathOrder {
    bool operator()(const std::string& a, const std::string& b) const { return pathLess(a, b); }
  };
  using Make = llvm::function_ref<int()>;  ///< a system call that makes a file: negative and errno if it cannot

  enum class Use { Alone, Shared };
  TreeWriter(UniqueFd root, Removals removals, Use use)
      : cursor_(std::move(root)), removals_(removals), isShared_(use == Use::Shared) {}

  llvm::Expected<TreeCursor::Place> placeOf(llvm::StringRef path);
  llvm::Error makeImplied(int above, const std::string& name, const std::string& real);
  llvm::Error addHere(const LayerEntry& entry, ByteSource& content, int file);
  llvm::Error addRoot(const LayerEntry& entry);
  llvm::Error addDirectory(const LayerEntry& entry);
  llvm::Error addFile(int parent, const std::string& name, const LayerEntry& entry, ByteSource& content, int file);
  llvm::Error addHardlink(const LayerEntry& entry);
  llvm::Error addSpecial(int parent, const std::string& name, const LayerEntry& entry);
  llvm::Error addWhiteout(const LayerEntry& entry);
  llvm::Error addOpaque(const LayerEntry& entry);
  llvm::Error clear(int parent, const std::string& name);
  llvm::Error makeInPlace(int parent, const std::string& name, Make make);
  llvm::Error setOwner(const FileHandle& file, const LayerEntry& entry, Xattrs how);
  llvm::Error fill(int to, const LayerEntry& entry, ByteSource& content, int from);
  llvm::Error settle(const std::string& real, const Attributes& attributes);

  TreeCursor cursor_;
  Removals removals_;
  bool isShared_;
  NotedOwners* owners_ = nullptr;
  bool stale_ = false;                                        ///< what the cursor remembers may be gone
  std::map<std::string, Attributes, PathOrder> directories_;  ///< by real path: what finish() sets
  std::vector<char> buffer_;
};

}  // namespace strata::layerfs
