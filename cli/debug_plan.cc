/// \file `strata debug plan-dockerfile`: whether every stage of a Dockerfile can be planned, with no image at hand.

#include "builder/plan/make_plan.h"
#include "cli/commands.h"
#include "cli/debug_input.h"
#include "cli/options.h"
#include "cli/session.h"
#include "registry/reference.h"
#include "support/fault.h"
#include "support/files.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::cli {

namespace {
struct PlanDockerfileOptions {
  std::vector<std::string> buildArgs;
};

/// Any image whose name is one, without files, for the platform that is asked for.
llvm::Expected<builder::ResolvedImage> emptyImage(llvm::StringRef name, const layerfs::Platform& platform) {
  auto reference = registry::parseReference(name);
  if (!reference) return reference.takeError();
  builder::ResolvedImage image{.id = digestOf(name), .canonical = reference->canonical()};
  image.config.platform = platform;
  return image;
}

llvm::Expected<std::map<std::string, std::string>> buildArgsOf(const PlanDockerfileOptions& options) {
  std::map<std::string, std::string> given;
  for (llvm::StringRef pair : options.buildArgs) {
    auto [name, value] = pair.split('=');
    if (name.size() == pair.size()) return fault(FaultKind::Invalid, "--build-arg " + pair + " is not NAME=VALUE");
    given[name.str()] = value.str();
  }
  return given;
}

/// What became of each stage, as if the file ended with it: what one is refused for hides nothing of the others.
struct StagePlans {
  std::vector<std::string> lines;
  std::vector<std::string> problems;  ///< each once, however many stages stand on the one that has it
};

StagePlans planEveryStage(builder::Dockerfile& dockerfile, const builder::PlanOptions& options) {
  StagePlans plans;
  for (; !dockerfile.stages.empty(); dockerfile.stages.pop_back()) {
    auto plan = builder::makePlan(dockerfile, options, emptyImage);
    if (plan) {
      plans.lines.push_back(plan->target + ": " + std::to_string(plan->stepCount) + " steps");
      continue;
    }
    std::string problem = messageOf(plan.takeError());
    if (!llvm::is_contained(plans.problems, problem)) plans.problems.push_back(std::move(problem));
  }
  return plans;
}

llvm::Expected<int> planDockerfile(const PlanDockerfileOptions& options, Session& session, const Arguments& arguments) {
  builder::PlanOptions planning;
  auto buildArgs = buildArgsOf(options);
  if (!buildArgs) return buildArgs.takeError();
  planning.buildArgs = std::move(*buildArgs);
  auto text = readFile(arguments[0], kLargestInput);
  if (!text) return text.takeError();
  auto dockerfile = builder::readDockerfile(std::make_shared<builder::SourceText>(arguments[0], std::move(*text)));
  if (!dockerfile) return dockerfile.takeError();

  StagePlans plans = planEveryStage(*dockerfile, planning);
  for (const std::string& line : llvm::reverse(plans.lines)) session.out() << line << "\n";
  if (!plans.problems.empty()) return fault(FaultKind::Invalid, llvm::join(llvm::reverse(plans.problems), "\n"));
  return 0;
}
}  // namespace

Command planDockerfileCommand() {
  return {.name = "plan-dockerfile",
          .usage = "[OPTIONS] FILE",
          .description = "Plan every stage of a Dockerfile, taking base images for empty ones",
          .minimum = 1,
          .maximum = 1,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<PlanDockerfileOptions>();
            declared.list("--build-arg", options->buildArgs, "Set a build-time variable", "NAME=VALUE");
            return [options](Session& session, const Arguments& arguments) {
              return planDockerfile(*options, session, arguments);
            };
          }};
}

}  // namespace strata::cli
