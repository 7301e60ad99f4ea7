#pragma once
/// \file What changed from one image to another, as text for a terminal.

#include "analyzer/diff/image_diff.h"

#include <string>

namespace strata::analyzer {

struct DiffView {
  unsigned columns = 0;  ///< of the terminal; lines are made to fit, down to 80; 0: they may have any length
  size_t files = 10;     ///< how many of the largest changed files to name
};
/// Sizes, then configuration, packages, layers and files.
std::string printImageDiff(const ImageDiff& diff, const DiffView& view = {});

}  // namespace strata::analyzer
