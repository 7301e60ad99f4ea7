#pragma once
/// \file ContentPrints of file contents: which files of an image hold the same bytes. Only files that may be equal to
/// another are read, of those that have a size in common first their beginnings, and on all cores. Never stored.

#include "analyzer/image/image_source.h"
#include "analyzer/image/image_tree.h"
#include "support/bytes.h"
#include "support/fingerprint.h"

#include <llvm/Support/Error.h>

#include <optional>
#include <vector>

namespace strata::analyzer {

/// Reads `content` to its end, or to `limit` bytes.
llvm::Expected<Fingerprint> fingerprintOf(ByteSource& content, uint64_t limit = UINT64_MAX);

/// The prints of those changes of a tree that were read. 24 bytes each.
class ContentPrints {
public:
  /// Changes in rising order.
  void put(ImageTree::ChangeId change, const Fingerprint& print);
  std::optional<Fingerprint> find(ImageTree::ChangeId change) const;
  size_t size() const { return prints_.size(); }

private:
  struct Entry {
    Fingerprint print;
    ImageTree::ChangeId change;
  };
  std::vector<Entry> prints_;
};

/// Files smaller than this are not compared with others, only with what they replace.
inline constexpr uint64_t kSmallestDuplicate = 1024;

struct ReadImage {
  ImageTree tree;
  ContentPrints prints;  ///< of visible files of kSmallestDuplicate and more that may have an equal
};
/// Walks over all layers once, and compares contents: files that came again with the same content are Metadata. What
/// can be equal is read afterwards; of a streamed image everything is fingerprinted as it passes. Faults: as
/// ImageSource::walk(), naming the layer.
llvm::Expected<ReadImage> readImage(ImageSource& source);

}  // namespace strata::analyzer
