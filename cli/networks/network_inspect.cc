#include "cli/commands.h"
#include "cli/inspected.h"
#include "cli/options.h"
#include "cli/session.h"
#include "cli/template.h"
#include "runtime/networks/network_settings.h"
#include "runtime/networks/networks.h"
#include "support/fault.h"
#include "support/text.h"

namespace strata::cli {

namespace {

struct InspectNetworkOptions {
  std::string format;
};

llvm::Expected<llvm::json::Object> documentFor(runtime::Networks& networks, llvm::StringRef text) {
  auto network = networks.store().find(text);
  if (!network) return network.takeError();
  auto endpoints = networks.store().endpointsOf(*network);
  if (!endpoints) return endpoints.takeError();
  return runtime::networkJson(*network, *endpoints);
}

/// What was found is printed although something else was not.
llvm::Expected<int> inspectNetworks(const InspectNetworkOptions& options, Session& session,
                                    const Arguments& arguments) {
  auto networks = session.networks();
  if (!networks) return networks.takeError();
  llvm::json::Array documents;
  llvm::Error failures = llvm::Error::success();
  for (const std::string& text : arguments) {
    auto document = documentFor(**networks, text);
    if (!document)
      failures = llvm::joinErrors(std::move(failures), document.takeError());
    else if (options.format.empty())
      documents.push_back(std::move(*document));
    else
      failures =
          llvm::joinErrors(std::move(failures), printFormatted(options.format, std::move(*document), session.out()));
  }
  if (options.format.empty()) session.out() << printPrettyJson(std::move(documents)) << "\n";
  if (failures) return failures;
  return 0;
}

}  // namespace

llvm::Expected<std::optional<llvm::json::Object>> inspectNetwork(Session& session, llvm::StringRef text) {
  auto networks = session.networks();
  if (!networks) return networks.takeError();
  auto document = documentFor(**networks, text);
  if (document) return std::move(*document);
  llvm::Error error = document.takeError();
  if (takeIf(error, FaultKind::NotFound)) return std::nullopt;
  return error;
}

Command networkInspectCommand() {
  return {.name = "inspect",
          .usage = "[OPTIONS] NETWORK [NETWORK...]",
          .description = "Show everything that is known of networks",
          .minimum = 1,
          .maximum = -1,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<InspectNetworkOptions>();
            declared.text("-f,--format", options->format, "'json' or a Go template");
            declared.ignored("-v,--verbose", false);
            return [options](Session& session, const Arguments& arguments) {
              return inspectNetworks(*options, session, arguments);
            };
          }};
}

}  // namespace strata::cli
