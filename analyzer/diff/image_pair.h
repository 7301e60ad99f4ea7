#pragma once
/// \file Two images read together, to be compared. Layers that both have at the bottom are walked once, and a layer
/// that can be read here is not streamed from elsewhere. Contents are read where somebody asks for them; those of
/// streamed layers are fingerprinted as they pass, and of them what may be a package database is kept.

#include "analyzer/image/content_print.h"
#include "analyzer/image/image_source.h"
#include "analyzer/image/image_tree.h"
#include "layerfs/layer_reader.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/Error.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace strata::analyzer {

/// One of the two. Immutable when read.
struct ReadSide {
  ImageTree tree;
  std::vector<Digest> diffIds;                                             ///< of the layers
  std::vector<std::shared_ptr<layerfs::LayerReader>> readers;              ///< of the layers; null: it was streamed
  ContentPrints prints;                                                    ///< of all files of streamed layers
  std::map<ImageTree::ChangeId, std::shared_ptr<const std::string>> kept;  ///< of streamed layers
  std::map<ImageTree::ChangeId, std::string> targets;                      ///< of symbolic links

  bool canBeRead(ImageTree::ChangeId file) const { return readers[tree.change(file).layer] != nullptr; }
  /// What holds a path's content: of a hard link the first name of its file.
  ImageTree::ChangeId contentOf(ImageTree::ChangeId change) const;
  /// Fingerprints of files as contentOf() gives them, in rising order, read on all cores: of their first `limit` bytes,
  /// of files of streamed layers always the whole. Faults: those of the readers.
  llvm::Expected<std::vector<Fingerprint>> printsOf(llvm::ArrayRef<ImageTree::ChangeId> files, uint64_t limit) const;
  /// Faults: Invalid for a larger file; Unsupported where it was streamed and not kept.
  llvm::Expected<std::string> read(ImageTree::ChangeId file, uint64_t limit) const;
};

struct ImagePair {
  ReadSide before, after;
  // Of the layers that both have at the bottom; their paths and changes have the same numbers in both trees.
  size_t sharedLayers = 0;
  ImageTree::PathId sharedPaths = 0;
  ImageTree::ChangeId sharedChanges = 0;
};

/// Faults: as ImageSource::walk(), naming the image and the layer.
llvm::Expected<ImagePair> readImagePair(ImageSource& before, ImageSource& after);

}  // namespace strata::analyzer
