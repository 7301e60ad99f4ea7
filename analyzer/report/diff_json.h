#pragma once
/// \file What changed from one image to another, as JSON; schema: docs/json.md, "Differences".

#include "analyzer/diff/image_diff.h"

#include <llvm/Support/raw_ostream.h>

namespace strata::analyzer {

inline constexpr int64_t kImageDiffSchema = 1;

/// Written as it is made: there may be hundreds of thousands of files.
void writeImageDiffJson(const ImageDiff& diff, llvm::raw_ostream& out);

}  // namespace strata::analyzer
