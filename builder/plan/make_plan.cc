#include "builder/plan/make_plan.h"

#include "builder/plan/merge_plans.h"
#include "builder/plan/planner.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::builder {

namespace {
/// BUILDKIT_MULTI_PLATFORM (PLAT-6, BARG-2), as Go reads booleans; nothing where it is not given.
llvm::Expected<std::optional<bool>> indexWish(const std::map<std::string, std::string>& buildArgs) {
  auto given = buildArgs.find("BUILDKIT_MULTI_PLATFORM");
  if (given == buildArgs.end() || given->second.empty()) return std::nullopt;
  auto value = booleanOf(given->second);
  if (!value)
    return fault(FaultKind::Invalid, "invalid boolean value for BUILDKIT_MULTI_PLATFORM: \"" + given->second +
                                         "\"; use 1 or 0, true or false");
  return value;
}
}  // namespace

llvm::Expected<Plan> makePlan(const Dockerfile& dockerfile, const PlanOptions& options, ImageResolver resolve) {
  auto wish = indexWish(options.buildArgs);
  if (!wish) return wish.takeError();
  bool several = options.platforms.size() > 1;
  if (several && *wish == false)
    return fault(FaultKind::Invalid,
                 "BUILDKIT_MULTI_PLATFORM=" + options.buildArgs.find("BUILDKIT_MULTI_PLATFORM")->second +
                     " forbids the " + llvm::Twine(options.platforms.size()) +
                     " platforms that were asked for: leave it out, or ask for one");
  bool asIndex = wish->value_or(several);

  std::vector<PlanTarget> targets;
  for (const layerfs::Platform& platform : options.platforms)
    if (llvm::none_of(targets, [&](const PlanTarget& known) { return known.platform == platform; }))
      targets.push_back({.platform = platform, .asked = true, .shown = asIndex});
  if (targets.empty()) targets.push_back({.platform = layerfs::hostPlatform(), .shown = asIndex});

  std::vector<Plan> plans;
  for (const PlanTarget& target : targets) {
    auto plan = Planner(dockerfile, options, target, resolve).plan();
    if (!plan) return plan.takeError();
    plans.push_back(std::move(*plan));
  }
  Plan plan = mergePlans(std::move(plans));
  plan.asIndex = asIndex;
  return plan;
}

}  // namespace strata::builder
