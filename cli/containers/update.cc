#include "cli/commands.h"
#include "cli/containers/each_container.h"
#include "cli/containers/limit_options.h"
#include "cli/options.h"
#include "runtime/containers/container_update.h"
#include "support/fault.h"

namespace strata::cli {

namespace {

struct UpdateOptions {
  LimitTexts limits;
  std::string restart;
};

llvm::Error update(const UpdateOptions& options, Session& session, runtime::ContainerStore& store,
                   runtime::Container container) {
  runtime::HostConfig& config = container.hostConfig;
  if (llvm::Error error = readLimits(options.limits, config.limits)) return error;
  if (llvm::Error error = settleOnHost(config.limits, session)) return error;
  if (!options.restart.empty()) {
    auto policy = restartPolicyFrom(options.restart);
    if (!policy) return policy.takeError();
    if (config.autoRemove && policy->name != "no")
      return fault(FaultKind::Invalid,
                   "Restart policy cannot be updated because AutoRemove is enabled for the container");
    config.restartPolicy = std::move(*policy);
  }
  return runtime::updateContainer(store, container);
}

}  // namespace

Command updateCommand() {
  return {.name = "update",
          .usage = "[OPTIONS] CONTAINER [CONTAINER...]",
          .description = "Change the limits or the restart policy of containers",
          .minimum = 1,
          .maximum = -1,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<UpdateOptions>();
            declareLimits(declared, options->limits);
            declared.text("--restart", options->restart, "no, always, unless-stopped or on-failure[:TIMES]");
            return [options](Session& session, const Arguments& words) {
              return forEachContainer(session, words, Pace::OneByOne,
                                      [&](runtime::ContainerStore& store, const runtime::Container& container) {
                                        return update(*options, session, store, container);
                                      });
            };
          },
          .ownMounts = true};
}

}  // namespace strata::cli
