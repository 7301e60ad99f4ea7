#include "cli/commands.h"
#include "cli/key_values.h"
#include "cli/options.h"
#include "cli/session.h"
#include "runtime/networks/networks.h"
#include "support/fault.h"
#include "support/text.h"

namespace strata::cli {

namespace {

struct CreateNetworkOptions {
  std::string driver = "bridge", subnet, range, gateway;
  std::vector<std::string> options, labels;
  bool internal = false, attachable = false;
};

/// KEY=VALUE each; KEY alone has an empty value.
llvm::Error readSubnet(const std::string& text, std::optional<runtime::Ipv4Subnet>& target) {
  if (text.empty()) return llvm::Error::success();
  if (llvm::StringRef(text).contains("::"))
    return fault(FaultKind::Unsupported, "not yet supported: IPv6 networks (" + printable(text) + ")");
  auto subnet = runtime::parseSubnet(text);
  if (!subnet) return subnet.takeError();
  target = *subnet;
  return llvm::Error::success();
}

llvm::Expected<runtime::Network> networkFor(const CreateNetworkOptions& options, const std::string& name) {
  runtime::Network network;
  network.name = name;
  network.driver = options.driver;
  network.internal = options.internal;
  network.attachable = options.attachable;
  network.options = pairsFrom(options.options);
  network.labels = pairsFrom(options.labels);
  if (auto error = readSubnet(options.subnet, network.subnet)) return error;
  if (auto error = readSubnet(options.range, network.range)) return error;
  if (!network.subnet && (!options.range.empty() || !options.gateway.empty()))
    return fault(FaultKind::Invalid, "every ip-range or gateway must have a corresponding subnet; add --subnet");
  if (options.gateway.empty()) return network;
  auto gateway = runtime::ipv4From(options.gateway);
  if (!gateway) return fault(FaultKind::Invalid, "invalid gateway address: " + printable(options.gateway));
  network.gateway = *gateway;
  return network;
}

llvm::Expected<int> createNetwork(const CreateNetworkOptions& options, Session& session, const Arguments& arguments) {
  auto network = networkFor(options, arguments[0]);
  if (!network) return network.takeError();
  auto networks = session.networks();
  if (!networks) return networks.takeError();
  auto made = (*networks)->create(std::move(*network));
  if (!made) return made.takeError();
  session.out() << made->id << "\n";
  return 0;
}

Action declareCreate(Options& declared) {
  auto options = std::make_shared<CreateNetworkOptions>();
  declared.flag("--attachable", options->attachable, "Noted; containers of this host may always join");
  declared.text("-d,--driver", options->driver, "bridge or macvlan (default bridge)");
  declared.text("--gateway", options->gateway, "The network's gateway (default: the subnet's first address)", "IPv4");
  declared.flag("--internal", options->internal, "No way to the outside");
  declared.text("--ip-range", options->range, "Addresses of containers come from this part of the subnet", "CIDR");
  declared.list("--label", options->labels, "Metadata of the network (KEY=VALUE)");
  declared.list("-o,--opt", options->options,
                "Options of the driver: parent=INTERFACE, com.docker.network.driver.mtu=BYTES, ...");
  declared.text("--subnet", options->subnet, "Its addresses (default: chosen apart from what the host uses)", "CIDR");
  declared.later("--ipv6", false);
  declared.later("--aux-address", true);
  declared.ignored("--ipam-driver", true);
  declared.ignored("--scope", true);
  return
      [options](Session& session, const Arguments& arguments) { return createNetwork(*options, session, arguments); };
}

}  // namespace

Command networkCreateCommand() {
  return {.name = "create",
          .usage = "[OPTIONS] NETWORK",
          .description = "Create a network",
          .minimum = 1,
          .maximum = 1,
          .declare = declareCreate};
}

}  // namespace strata::cli
