#include "builder/plan/apply_changes.h"

#include "builder/frontend/instruction.h"
#include "builder/plan/make_plan.h"
#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::builder {

namespace {

constexpr llvm::StringRef kAllowed[] = {"cmd",     "entrypoint", "env",        "expose", "healthcheck", "label",
                                        "onbuild", "user",       "stopsignal", "volume", "workdir"};

llvm::Error checkAllowed(const Dockerfile& dockerfile) {
  auto refuse = [](llvm::StringRef keyword) {
    return fault(FaultKind::Invalid, keyword + " is not a valid change command");
  };
  if (dockerfile.stages.size() != 1) return refuse("FROM");
  for (const Instruction& instruction : dockerfile.stages[0].instructions)
    if (!llvm::is_contained(kAllowed, instruction.name)) return refuse(instruction.keyword);
  return llvm::Error::success();
}

}  // namespace

llvm::Error applyChanges(llvm::ArrayRef<std::string> changes, layerfs::ImageConfig& config) {
  if (changes.empty()) return llvm::Error::success();
  auto source = std::make_shared<SourceText>("--change", "FROM base\n" + llvm::join(changes, "\n") + "\n");
  auto dockerfile = readDockerfile(source);
  if (!dockerfile) return dockerfile.takeError();
  if (llvm::Error error = checkAllowed(*dockerfile)) return error;
  ResolvedImage base{.canonical = "base", .config = config};
  base.config.onBuild.clear();  // these are the image's to keep, not to run now
  auto plan =
      makePlan(*dockerfile, {},
               [&](llvm::StringRef, const layerfs::Platform&) -> llvm::Expected<ResolvedImage> { return base; });
  if (!plan) return plan.takeError();
  std::vector<std::string> triggers = std::move(config.onBuild);
  layerfs::ImageConfig changed = std::move(plan->results[0].config);
  changed.onBuild.insert(changed.onBuild.begin(), triggers.begin(), triggers.end());
  changed.created = config.created;
  changed.history = std::move(config.history);
  changed.diffIds = std::move(config.diffIds);
  config = std::move(changed);
  return llvm::Error::success();
}

}  // namespace strata::builder
