#include "builder/subrequest.h"

#include "builder/frontend/doc_comment.h"
#include "builder/prepare.h"
#include "builder/resolve_image.h"
#include "support/fault.h"

namespace strata::builder {

namespace {
/// A base that says nothing: for questions that no image's content answers.
llvm::Expected<ResolvedImage> emptyImage(llvm::StringRef written, const layerfs::Platform& platform) {
  return ResolvedImage{.canonical = written.str(), .config = {.platform = platform}};
}

/// What every question begins with: the context, opened while nobody watches.
struct Inquiry {
  Inquiry(const BuildRequest& request, layerfs::Store& store)
      : remote(sourcePlace(request, store), never), context(openContext(request, store, remote, silent)) {}

  SilentProgress silent;
  CancelToken never;
  RemoteSources remote;
  llvm::Expected<BuildContext> context;
};

const Stage& targetOf(const Dockerfile& file, llvm::StringRef target) {
  for (const Stage& stage : llvm::reverse(file.stages))
    if (!target.empty() && target.equals_insensitive(stage.name)) return stage;
  return file.stages.back();
}
}  // namespace

llvm::Expected<CheckAnswer> checkBuild(const BuildRequest& request, layerfs::Store& store) {
  Inquiry inquiry(request, store);
  auto& context = inquiry.context;
  if (!context) return context.takeError();
  LintReport report;
  auto dockerfile = readChecked(*context, request, report);
  if (!dockerfile) return CheckAnswer{context->dockerfile, std::move(report), dockerfile.takeError()};
  PlanOptions options = planOptions(request, *context, inquiry.remote, report);
  options.allStages = request.target.empty();
  auto plan = planOf(*dockerfile, options, store, originOf(request), inquiry.silent);
  llvm::Error error = plan ? report.violation() : plan.takeError();
  return CheckAnswer{context->dockerfile, std::move(report), std::move(error)};
}

llvm::Expected<OutlineAnswer> outlineBuild(const BuildRequest& request, layerfs::Store& store) {
  Inquiry inquiry(request, store);
  auto& context = inquiry.context;
  if (!context) return context.takeError();
  LintReport report;
  auto dockerfile = readChecked(*context, request, report);
  if (!dockerfile) return dockerfile.takeError();
  OutlineRecorder recorder;
  PlanOptions options = planOptions(request, *context, inquiry.remote, report);
  options.outline = &recorder;
  auto plan = makePlan(*dockerfile, options, emptyImage);
  if (!plan) return plan.takeError();
  if (auto error = report.violation()) return error;
  return OutlineAnswer{context->dockerfile, recorder.finish(targetOf(*dockerfile, request.target))};
}

llvm::Expected<TargetsAnswer> listTargets(const BuildRequest& request, layerfs::Store& store) {
  Inquiry inquiry(request, store);
  auto& context = inquiry.context;
  if (!context) return context.takeError();
  LintReport report;
  auto dockerfile = readChecked(*context, request, report);
  if (!dockerfile) return dockerfile.takeError();
  TargetsAnswer answer{context->dockerfile, {}};
  for (const Stage& stage : dockerfile->stages) {
    bool last = &stage == &dockerfile->stages.back();
    if (stage.name.empty() && !last) continue;
    answer.targets.push_back({.name = stage.name,
                              .description = descriptionOf(stage.name, stage.comments).str(),
                              .base = stage.image.str(),
                              .platform = stage.platform.str(),
                              .isDefault = last,
                              .range = stage.range});
  }
  return answer;
}

}  // namespace strata::builder
