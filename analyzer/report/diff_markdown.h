#pragma once
/// \file What changed from one image to another, in Markdown for a pull request.

#include "analyzer/diff/image_diff.h"

#include <string>

namespace strata::analyzer {

/// A table of sizes, below it what a reader opens if it matters: configuration, packages, layers, and `files` of the
/// largest changed files. Fits the 65,536 characters of a comment.
std::string printImageDiffMarkdown(const ImageDiff& diff, size_t files = 10);

}  // namespace strata::analyzer
