#include "cli/commands.h"
#include "cli/key_values.h"
#include "cli/options.h"
#include "cli/session.h"
#include "runtime/containers/container_store.h"
#include "support/fault.h"
#include "support/text.h"

namespace strata::cli {

namespace {

struct VolumeCreateOptions {
  std::string driver = runtime::kLocalDriver.str(), name;
  std::vector<std::string> labels, options;
};

llvm::Expected<int> create(const VolumeCreateOptions& options, Session& session, const Arguments& arguments) {
  if (!options.name.empty() && !arguments.empty())
    return fault(FaultKind::Invalid, "conflicting options: either specify --name or provide positional arg, not both");
  if (options.driver != runtime::kLocalDriver)
    return fault(FaultKind::Unsupported, "error looking up volume plugin " + printable(options.driver) + ": plugin \"" +
                                             printable(options.driver) + "\" not found; there is local");
  auto containers = session.containers();
  if (!containers) return containers.takeError();
  auto volumes = (*containers)->volumes();
  if (!volumes) return volumes.takeError();
  auto volume = (*volumes)->make({.name = arguments.empty() ? options.name : arguments.front(),
                                  .options = pairsFrom(options.options),
                                  .labels = pairsFrom(options.labels)});
  if (!volume) return volume.takeError();
  session.out() << volume->name << "\n";
  return 0;
}

}  // namespace

Command volumeCreateCommand() {
  return {.name = "create",
          .usage = "[OPTIONS] [VOLUME]",
          .description = "Create a volume",
          .minimum = 0,
          .maximum = 1,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<VolumeCreateOptions>();
            declared.text("-d,--driver", options->driver, "Its driver: local");
            declared.list("--label", options->labels, "Metadata of the volume (KEY=VALUE)");
            declared.text("--name", options->name, "");
            declared.list("-o,--opt", options->options, "Options of the driver: type=none,o=bind,device=/PATH or tmpfs",
                          "map");
            return [options](Session& session, const Arguments& arguments) {
              return create(*options, session, arguments);
            };
          }};
}

}  // namespace strata::cli
