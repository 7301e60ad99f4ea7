#pragma once
/// \file The efficiency score that dive made known, from its definition. For each path p that any layer names, with the
/// sizes s(p, l) that the layers l give it:
///
///     score = sum over p of min over l of s(p, l)   /   sum over p of sum over l of s(p, l)
///
/// and 1 where no layer holds a byte. A file's size is its bytes; links, devices, and directories that hold nothing in
/// their layer have size 0, other directories are no paths of their own. A whiteout is a path too: of a file with size
/// 0, of a directory with the bytes of all files that it took away. (So a directory that is removed whole counts on
/// both sides of the fraction and hardly lowers the score: what is lost by it Waste says.) Opaque directories and what
/// goes with a directory above give no sizes.

#include "analyzer/image/image_tree.h"

namespace strata::analyzer {

struct Efficiency {
  double score = 1;               ///< 0 to 1
  uint64_t wastedBytes = 0;       ///< of paths that two layers or more name: the sum of their sizes, the first included
  uint64_t userBytes = 0;         ///< bytes of the files of all layers but the lowest
  double wastedPercent() const {  ///< of userBytes; 0 where there are none
    return userBytes == 0 ? 0 : 100.0 * double(wastedBytes) / double(userBytes);
  }
};

Efficiency efficiencyOf(const ImageTree& tree);

}  // namespace strata::analyzer
