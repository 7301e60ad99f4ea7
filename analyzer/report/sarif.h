#pragma once
/// \file Findings as SARIF, which code hosts show beside the lines of a pull request. Source: SARIF 2.1.0 (OASIS).

#include "analyzer/findings/finding.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/JSON.h>

#include <string>

namespace strata::analyzer {

/// One run of `version` of this program over `image`. A result is where the Dockerfile's line is known there, and else
/// at the Dockerfile's beginning; what is in the image is a logical location: "layer 3/app/key". With the same findings
/// come the same bytes, and a finding keeps its fingerprint as long as it is in the same place of the image.
llvm::json::Value sarifOf(llvm::ArrayRef<Finding> findings, llvm::StringRef image, llvm::StringRef version);

/// A path as a URI reference: "a b" is "a%20b"; an absolute one begins with "file://".
std::string uriOf(llvm::StringRef path);

}  // namespace strata::analyzer
