#include "builder/prepare.h"

#include "builder/context/remote_tree.h"
#include "builder/lint/check_file.h"
#include "builder/resolve_image.h"
#include "runtime/spec/emulation.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/Support/Path.h>

namespace strata::builder {

namespace {
constexpr uint32_t kIgnoreStep = kDefinitionStep - 1;
constexpr uint32_t kFirstMetadataStep = kDefinitionStep - 2;  ///< one an image, downwards

void tellDone(ProgressSink& progress, uint32_t step, std::string name) {
  progress.onStep({.step = step, .state = StepState::Started, .name = name});
  progress.onStep({.step = step, .state = StepState::Done, .name = std::move(name)});
}

llvm::StringRef buildArg(const BuildRequest& request, const std::string& name) {
  auto given = request.buildArgs.find(name);
  return given == request.buildArgs.end() ? "" : llvm::StringRef(given->second);
}

llvm::Expected<LintConfig> lintConfig(const Dockerfile& file, const BuildRequest& request) {
  constexpr const char* kArgument = "BUILDKIT_DOCKERFILE_CHECK";
  if (auto given = request.buildArgs.find(kArgument); given != request.buildArgs.end()) {
    auto config = LintConfig::parse(given->second);
    if (!config) return withContext(config.takeError(), llvm::Twine("failed to parse build-arg:") + kArgument);
    return config;
  }
  auto directive = llvm::find_if(file.ast.directives, [](const Directive& one) { return one.name == "check"; });
  if (directive == file.ast.directives.end()) return LintConfig();
  auto config = LintConfig::parse(directive->value);
  if (config) return config;
  return sourceFault(file.source(), directive->range,
                     "failed to parse check options: " + messageOf(config.takeError()));
}
}  // namespace

llvm::Expected<BuildContext> openContext(const BuildRequest& request, layerfs::Store& store, RemoteSources& remote,
                                         ProgressSink& progress) {
  ContextRequest wanted;
  wanted.context = request.context;
  wanted.dockerfile = request.dockerfile;
  wanted.input = request.input;
  wanted.staging = store.staging();
  wanted.indexDirectory = joinPath(store.root(), "context");
  wanted.remote = &remote;
  llvm::StringRef keep = buildArg(request, "BUILDKIT_CONTEXT_KEEP_GIT_DIR");
  wanted.keepGitDir = booleanOf(keep).value_or(false);
  wanted.commitTime = !buildArg(request, "SOURCE_DATE_EPOCH").empty();  // CTX-4
  std::string name = "[internal] load build definition from " +
                     (request.dockerfile.empty() ? "Dockerfile" : llvm::sys::path::filename(request.dockerfile).str());
  progress.onStep({.step = kDefinitionStep, .state = StepState::Started, .name = name});
  auto context = openBuildContext(wanted);
  if (!context) {
    auto error = context.takeError();
    FaultKind kind = kindOf(error);
    std::string message = messageOf(std::move(error));
    progress.onStep({.step = kDefinitionStep, .state = StepState::Failed, .name = name, .text = message});
    return fault(kind, message);
  }
  progress.onStep({.step = kDefinitionStep, .state = StepState::Done, .name = name});
  tellDone(progress, kIgnoreStep, "[internal] load .dockerignore");
  return context;
}

llvm::Expected<Dockerfile> readChecked(const BuildContext& context, const BuildRequest& request, LintReport& report) {
  PartialDockerfile read = readAsFarAsPossible(context.dockerfile);
  auto config = lintConfig(read.file, request);
  if (!config) return llvm::joinErrors(config.takeError(), std::move(read.error));
  report = LintReport(std::move(*config));
  checkFile(read.file, report);
  if (read.error) return std::move(read.error);
  return std::move(read.file);
}

PlanOptions planOptions(const BuildRequest& request, const BuildContext& context, RemoteSources& remote,
                        LintReport& report) {
  PlanOptions options;
  options.platforms = request.platforms;
  options.runnable = runtime::runnablePlatforms();
  options.target = request.target;
  options.buildArgs = request.buildArgs;
  options.labels = request.labels;
  options.network = request.network;
  options.extraHosts = request.extraHosts;
  options.entitlements = request.entitlements;
  options.contexts = request.contexts;
  options.remoteTime = [&](const RemoteReference& reference) { return sourceTime(remote, reference); };
  options.contextTime = [&]() -> PlanOptions::SourceTime {
    return context.remote ? sourceTime(remote, *context.remote) : std::nullopt;
  };
  options.lint = &report;
  options.ignore = &context.files->ignore();
  return options;
}

ImageOrigin originOf(const BuildRequest& request) { return {.registry = request.registry, .always = request.pull}; }

llvm::Expected<Plan> planOf(const Dockerfile& dockerfile, const PlanOptions& options, layerfs::Store& store,
                            const ImageOrigin& origin, ProgressSink& progress) {
  uint32_t step = kFirstMetadataStep;
  return makePlan(dockerfile, options, [&](llvm::StringRef written, const layerfs::Platform& platform) {
    auto image = resolveImage(written, platform, store, origin);
    if (image) tellDone(progress, step--, "[internal] load metadata for " + image->canonical);
    return image;
  });
}

llvm::Expected<Plan> planChecked(const BuildContext& context, const BuildRequest& request, layerfs::Store& store,
                                 RemoteSources& remote, LintReport& report, ProgressSink& progress) {
  auto dockerfile = readChecked(context, request, report);
  if (!dockerfile) return dockerfile.takeError();
  return planOf(*dockerfile, planOptions(request, context, remote, report), store, originOf(request), progress);
}

std::vector<BuildWarning> warningsOf(const LintReport& report) {
  std::vector<BuildWarning> warnings;
  for (const LintWarning& warning : report.byLine())
    warnings.push_back({.rule = infoOf(warning.rule).name.str(),
                        .message = warning.text(),
                        .detail = infoOf(warning.rule).description.str(),
                        .url = infoOf(warning.rule).url(),
                        .line = warning.range.firstLine(),
                        .lastLine = warning.range.lastLine()});
  return warnings;
}

void tellWarnings(const LintReport& report, const SourceText& source, ProgressSink& progress) {
  for (const LintWarning& warning : report.byLine())
    progress.onWarning({.step = kDefinitionStep,
                        .text = warning.text(),
                        .detail = infoOf(warning.rule).description.str(),
                        .url = infoOf(warning.rule).url(),
                        .excerpt = source.excerpt(warning.range)});
}

}  // namespace strata::builder
