#pragma once
/// \file COPY, ADD of local files, and WORKDIR: from selected sources and a destination to a layer. A layer made here
/// depends on what is copied and on what the destination is like (`DestinationFacts`), not on the whole parent, so that
/// a new base does not copy again. Source: spec COPY-16 to COPY-43, ADD-3 to ADD-8, WORKDIR-3.

#include "builder/context/source_tree.h"
#include "builder/copy/earlier_layers.h"
#include "layerfs/layer_store.h"
#include "support/cancel.h"
#include "support/digest.h"

#include <llvm/Support/Error.h>

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace strata::builder {

/// `--chmod`: octal, or chmod(1) clauses applied to each entry's own mode (COPY-35, COPY-36).
struct ModeChange {
  std::optional<uint32_t> octal;
  std::string clauses;
  static llvm::Expected<ModeChange> parse(llvm::StringRef text);  ///< Faults: Invalid
  uint32_t apply(uint32_t mode, bool isDirectory) const;
};

struct InlineFile {
  std::string name;     ///< here-document's delimiter
  std::string content;  ///< expanded
  bool operator==(const InlineFile&) const = default;
};

struct CopyRequest {
  bool unpackArchives = false;  ///< ADD: a source that is an archive file is extracted (ADD-3)
  bool fromTree = false;        ///< false: only inline files, or none at all (WORKDIR)
  Selection selection;          ///< perhaps out of several trees
  std::vector<InlineFile> inlineFiles;
  std::string destination;  ///< absolute, expanded, joined to the WORKDIR, not cleaned: a trailing '/' counts
  bool destinationIsDirectory = false;  ///< written with a trailing '/', "." or empty
  std::optional<uint32_t> uid, gid;     ///< --chown, or the USER of a WORKDIR
  std::optional<ModeChange> chmod;
  int64_t createdTime = 0;  ///< nanoseconds: mtime of directories that are made on the way
};

/// What the destination is like in the parent: every existing directory on the way with its metadata, links followed,
/// and what is to be replaced or merged. Two parents with equal facts take the same layer.
struct DestinationFacts {
  struct Ancestor {
    std::string path;  ///< relative to the root
    uint32_t mode = 0, uid = 0, gid = 0;
    int64_t mtime = 0;  ///< no part of the digest
    std::map<std::string, std::string> xattrs;
  };
  std::string path;                ///< where it really goes: relative to the root, links resolved
  bool isDirectory = false;        ///< sources land inside `path`
  std::vector<Ancestor> existing;  ///< parents first; includes `path` itself where it is a directory that exists
  std::vector<size_t> archives;    ///< positions in the selection of sources that are extracted (ADD-3)
  std::map<std::string, std::string> links;  ///< links of the parent on the way of archive entries, with their targets
  Digest digest() const;
};

/// What a step stands on, as a COPY asks it; borrowed.
struct ParentTree {
  int root = -1;                                 ///< -1: nothing at all
  const layerfs::NotedOwners* owners = nullptr;  ///< where the disk does not have them
};
/// Looks at the parent's tree and checks that nothing conflicts (COPY-25). Faults: Invalid.
llvm::Expected<DestinationFacts> resolveDestination(const CopyRequest& request, const ParentTree& parent);

struct CopyResult {
  uint64_t files = 0, bytes = 0;
};
/// A file of a tree that keeps places (SourceTree::keepPlaces), and where its content begins in the tar.
struct CopiedFile {
  const SourceTree* tree;
  const SourceNode* node;
  uint64_t offset = 0;
};
struct CopiedTar {
  layerfs::LayerIndex index;
  layerfs::Layer::TarIdentity identity;
  layerfs::TarHistory history;
  CopyResult result;
  std::deque<CopiedFile> files;
};

/// Writes the layer, as a tar to `file` or into the draft. A file that changed since it was selected is an Invalid
/// fault naming it, but what `earlier` layers have of it is taken from there; null: there are none. Order, modes,
/// owners and times depend on the request alone; so both forms have one diffID. Archives are extracted into directories
/// only.
llvm::Expected<CopiedTar> writeCopy(const CopyRequest& request, const DestinationFacts& facts, int file,
                                    EarlierLayers* earlier, const CancelToken& cancel);
llvm::Expected<CopyResult> writeCopy(const CopyRequest& request, const DestinationFacts& facts,
                                     layerfs::LayerDraft& draft, const CancelToken& cancel);
/// Reads every file and says whether the layer would be this one; nothing: it would not. Faults: as writeCopy().
llvm::Expected<std::optional<CopyResult>> givesTar(const CopyRequest& request, const DestinationFacts& facts,
                                                   const layerfs::KnownTar& tar, const CancelToken& cancel);

}  // namespace strata::builder
