#pragma once
/// \file Advice for a build, found and shown: for `strata advise` and `inspect-layers --advice`.

#include "analyzer/advice/advice.h"
#include "cli/session.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/Error.h>

#include <memory>
#include <string>
#include <vector>

namespace strata::cli {

/// How many builds advice is computed from where nobody says.
inline constexpr uint64_t kAdviceBuilds = 20;

struct AdviceGiven {
  std::unique_ptr<std::vector<analyzer::ExplainedBuild>> history;  ///< newest first
  analyzer::AdviceFiles files;
  std::vector<analyzer::Advice> advice;
};

/// What to change in the Dockerfile of this build, by it and those before it, `builds` in all.
/// Faults: Invalid or NotFound where nothing can be advised, saying why.
llvm::Expected<AdviceGiven> adviseOn(builder::Build build, uint64_t builds, Session& session);
/// The same with what the caller knows of the image already.
llvm::Expected<AdviceGiven> adviseOn(builder::Build build, const analyzer::Analysis* analysis, uint64_t builds,
                                     Session& session);

/// Sentences and diffs; `columns` 0: not wrapped.
std::string printAdvice(const AdviceGiven& given, unsigned columns);
/// A section with a heading, diffs in fences.
std::string adviceMarkdown(const AdviceGiven& given);
/// docs/json.md, "Advice".
llvm::json::Value toJson(const AdviceGiven& given);

}  // namespace strata::cli
