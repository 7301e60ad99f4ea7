#pragma once
/// \file inspect-layers OLD --diff NEW: what changed from one image to another.

#include "cli/analyzed_image.h"

#include <llvm/Support/Error.h>

#include <string>

namespace strata::cli {

struct DiffRequest {
  std::string before, after;  ///< as openImageSource() takes them
  ImageChoice image;
  std::string format;    ///< "table", "json" or "markdown"; empty: table
  size_t files = 10;     ///< how many of the largest changed files to name
  unsigned columns = 0;  ///< of the terminal; 0: a program reads
};
/// Prints it. Faults: Invalid for an unknown format; those of the images.
llvm::Expected<int> inspectDiff(const DiffRequest& request, Session& session);

}  // namespace strata::cli
