#pragma once
/// \file Why steps ran again, as text: for `strata why`, and for `--assert-cached`.

#include "analyzer/causes/content_diff.h"
#include "analyzer/causes/invalidation.h"
#include "analyzer/findings/redactor.h"
#include "builder/journal/journal.h"
#include "cli/session.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/Error.h>
#include <llvm/Support/raw_ostream.h>

#include <string>
#include <vector>

namespace strata::cli {

/// Exit status of --assert-cached where a step was not cached.
inline constexpr int kNotCached = 3;

using analyzer::ExplainedBuild;

/// By an id, "last", or the last build of an image. Faults: NotFound; Invalid where several match.
llvm::Expected<builder::Build> findBuild(llvm::StringRef which, Session& session);
llvm::Expected<ExplainedBuild> explain(builder::Build build, Session& session);
/// The same to be shown: with *** where there are secrets, in every text of build and reasons.
void hideSecrets(ExplainedBuild& explained);
void hideSecrets(ExplainedBuild& explained, const analyzer::Redactor& redactor);
/// The build and those of its project before it that were made where it was, newest first, at most `count`.
llvm::Expected<std::vector<ExplainedBuild>> explainLast(llvm::StringRef which, size_t count, Session& session);

/// Steps that were begun and not taken from the cache.
size_t missesOf(const ExplainedBuild& explained);
/// One line: which build, when, how many steps were not cached, what that cost.
std::string headlineOf(const ExplainedBuild& explained);
/// A line a step.
std::string stepTable(const ExplainedBuild& explained);
/// All that is known of one step.
std::string paragraphOf(const ExplainedBuild& explained, size_t position);
std::string printDiffs(llvm::ArrayRef<analyzer::ContentDiff> diffs);

/// Says on `out` what was not cached and why, if anything was not: kNotCached, else 0.
int assertCached(const ExplainedBuild& explained, llvm::raw_ostream& out);

}  // namespace strata::cli
