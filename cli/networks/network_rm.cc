#include "cli/commands.h"
#include "cli/options.h"
#include "cli/session.h"
#include "runtime/networks/networks.h"
#include "support/fault.h"

namespace strata::cli {

namespace {

struct RemoveNetworkOptions {
  bool force = false;
};

llvm::Error removeNetwork(runtime::Networks& networks, llvm::StringRef text, bool force) {
  auto network = networks.store().find(text);
  if (network) return networks.remove(*network);
  auto error = network.takeError();
  if (force && takeIf(error, FaultKind::NotFound)) return llvm::Error::success();
  return error;
}

/// What can go goes although something else cannot.
llvm::Expected<int> removeNetworks(const RemoveNetworkOptions& options, Session& session, const Arguments& arguments) {
  auto networks = session.networks();
  if (!networks) return networks.takeError();
  llvm::Error failures = llvm::Error::success();
  for (const std::string& text : arguments) {
    auto error = removeNetwork(**networks, text, options.force);
    if (!error) session.out() << text << "\n";
    failures = llvm::joinErrors(std::move(failures), std::move(error));
  }
  if (failures) return failures;
  return 0;
}

}  // namespace

Command networkRemoveCommand() {
  return {.name = "rm",
          .usage = "[OPTIONS] NETWORK [NETWORK...]",
          .description = "Remove networks that no running container is on",
          .minimum = 1,
          .maximum = -1,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<RemoveNetworkOptions>();
            declared.flag("-f,--force", options->force, "A network that is not there is no error");
            return [options](Session& session, const Arguments& arguments) {
              return removeNetworks(*options, session, arguments);
            };
          }};
}

}  // namespace strata::cli
