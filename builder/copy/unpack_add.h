#pragma once
/// \file ADD of an archive: what makes a file one, where its entries go, and their extraction. Source: spec ADD-3 to
/// ADD-8.

#include "builder/copy/copy.h"

#include <llvm/Support/Error.h>

namespace strata::builder {

/// Whether a selected file is a tar stream, plain or compressed, by content alone: its first header must be one.
llvm::Expected<bool> isArchive(const SelectedSource& source);

/// Adds to the facts what the parent has on the way of the archives' entries: directories that exist, and links. Reads
/// the archives' headers.
[[nodiscard]] llvm::Error lookAtArchives(const CopyRequest& request, const ParentTree& parent, DestinationFacts& facts);

/// Extracts archives, one after the other, into a layer's directory where the destination and what leads to it are made
/// already. Entries go where they would in the whole tree: through links of the parent and of earlier entries.
class ArchiveUnpacker {
public:
  ArchiveUnpacker(const std::string& upper, const CopyRequest& request, const DestinationFacts& facts);
  ~ArchiveUnpacker();
  /// Faults: Invalid for an entry that a layer cannot hold, or that goes through a file; Denied; Cancelled; Io.
  [[nodiscard]] llvm::Error unpack(const SelectedSource& source, CopyResult& result, const CancelToken& cancel);

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// An existing directory of the parent with its metadata. Faults: whatever opening it faults.
llvm::Expected<DestinationFacts::Ancestor> lookAtDirectory(const ParentTree& parent, const std::string& path);

}  // namespace strata::builder
