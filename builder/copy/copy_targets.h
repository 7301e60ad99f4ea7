#pragma once
/// \file What a copy writes, as one tree: sources laid over each other in their order, every path decided once, before
/// anything is written. Conflicts between sources show here.

#include "builder/copy/copy.h"

#include <llvm/Support/Error.h>

#include <memory>
#include <string>
#include <vector>

namespace strata::builder {

/// One path of the layer. A directory without node is made on the way; a file has a node or an inline file.
struct CopyTarget {
  std::string name;
  const SourceNode* node = nullptr;  ///< where metadata (and the content of a file) come from
  const InlineFile* inlineFile = nullptr;
  uint32_t source = 0;  ///< position in the selection
  bool direct = false;  ///< named itself by the source argument: its path is the source's
  bool isDirectory = false;
  std::vector<std::unique_ptr<CopyTarget>> children;  ///< sorted by name
};

struct CopyTargets {
  CopyTarget top;    ///< the destination directory; a file destination is its only child, in the directory above
  std::string path;  ///< of `top`
  const SourceNode* lastDirectory = nullptr;  ///< the last directory source: gives `top` its time (COPY-23)
};

/// Nothing to write: a wildcard that matched nothing (COPY-12), or a WORKDIR that exists (WORKDIR-3).
bool changesNothing(const CopyRequest& request, const DestinationFacts& facts);

/// Lays sources[first..last) and, if asked, the inline files over each other. Faults: Invalid (COPY-25).
llvm::Expected<CopyTargets> makeTargets(const CopyRequest& request, const DestinationFacts& facts, size_t first,
                                        size_t last, bool withInlineFiles);

}  // namespace strata::builder
