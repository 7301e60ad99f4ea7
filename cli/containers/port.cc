#include "cli/commands.h"
#include "cli/options.h"
#include "cli/session.h"
#include "runtime/containers/truth.h"
#include "runtime/networks/network_settings.h"
#include "runtime/networks/networks.h"
#include "runtime/networks/user_network.h"
#include "support/fault.h"
#include "support/text.h"

namespace strata::cli {

namespace {

/// All ports, or where one of the container's is: "80", "80/udp".
llvm::Expected<int> port(Session& session, const Arguments& arguments) {
  auto containers = session.containers();
  auto networks = session.networks();
  if (!containers) return containers.takeError();
  if (!networks) return networks.takeError();
  auto container = runtime::findContainer(**containers, arguments[0]);
  if (!container) return container.takeError();
  auto endpoints = (*networks)->store().endpointsOfContainer(container->id);
  if (!endpoints) return endpoints.takeError();
  bool one = arguments.size() > 1, found = false;
  std::string wanted = one ? arguments[1] : "";
  if (one && !llvm::StringRef(wanted).contains('/')) wanted += "/tcp";
  std::vector<runtime::PublishedPort> ports;
  for (const runtime::Endpoint& endpoint : *endpoints) llvm::append_range(ports, endpoint.ports);
  if (container->hostConfig.networkMode == runtime::kUserNetwork) ports = runtime::portsIn(container->network);
  for (const runtime::PublishedPort& published : ports) {
    if (one && published.containerText() != wanted) continue;
    found = true;
    session.out() << (one ? "" : published.containerText() + " -> ") << published.hostText() << "\n";
  }
  if (!one || found) return 0;
  return fault(FaultKind::NotFound, "no public port '" + printable(wanted) + "' published for " + container->name);
}

}  // namespace

Command portCommand() {
  return {.name = "port",
          .usage = "CONTAINER [PORT[/PROTOCOL]]",
          .description = "Show on which ports of the host a container is reached",
          .minimum = 1,
          .maximum = 2,
          .declare = [](Options&) -> Action { return port; }};
}

}  // namespace strata::cli
