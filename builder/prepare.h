#pragma once
/// \file What comes before anything is solved, for a build and for those who only want to look: the context opened, the
/// Dockerfile read and checked, the plan made.

#include "builder/build.h"
#include "builder/context/build_context.h"
#include "builder/lint/lint_report.h"
#include "builder/plan/make_plan.h"
#include "builder/resolve_image.h"
#include "builder/sources/remote_sources.h"

namespace strata::builder {

/// The step of the progress that reads the Dockerfile; vertices of a plan have small numbers.
inline constexpr uint32_t kDefinitionStep = UINT32_MAX;

/// Reported as internal steps (PROG-4).
llvm::Expected<BuildContext> openContext(const BuildRequest& request, layerfs::Store& store, RemoteSources& remote,
                                         ProgressSink& progress);

/// Reads the Dockerfile; `report` is made anew, as the file or BUILDKIT_DOCKERFILE_CHECK say (LINT-5), and hears what
/// the text alone shows, also where the file turns out to be wrong (LINT-8). Faults: Invalid.
llvm::Expected<Dockerfile> readChecked(const BuildContext& context, const BuildRequest& request, LintReport& report);

/// What a request says of the plan. All are borrowed by the options.
PlanOptions planOptions(const BuildRequest& request, const BuildContext& context, RemoteSources& remote,
                        LintReport& report);
ImageOrigin originOf(const BuildRequest& request);
llvm::Expected<Plan> planOf(const Dockerfile& dockerfile, const PlanOptions& options, layerfs::Store& store,
                            const ImageOrigin& origin, ProgressSink& progress);

/// All of it, for a build.
llvm::Expected<Plan> planChecked(const BuildContext& context, const BuildRequest& request, layerfs::Store& store,
                                 RemoteSources& remote, LintReport& report, ProgressSink& progress);

/// What was found, by line, for the journal.
std::vector<BuildWarning> warningsOf(const LintReport& report);
/// The same to whoever watches.
void tellWarnings(const LintReport& report, const SourceText& source, ProgressSink& progress);

}  // namespace strata::builder
