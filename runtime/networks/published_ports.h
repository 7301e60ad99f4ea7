#pragma once
/// \file Ports of containers that the host answers for.

#include "runtime/networks/ipv4.h"
#include "support/unique_fd.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>
#include <llvm/Support/JSON.h>

#include <cstdint>
#include <string>
#include <vector>

namespace strata::runtime {

/// One port as it was asked for. Of a range of host ports one that is free will do; 0 to 0: any.
struct PortWish {
  Ipv4 hostAddress = 0;  ///< 0: all of the host's
  uint16_t hostFirst = 0, hostLast = 0;
  uint16_t containerPort = 0;
  std::string protocol = "tcp";  ///< or udp, sctp

  std::string containerText() const { return std::to_string(containerPort) + "/" + protocol; }
};

/// One port as it is.
struct PublishedPort {
  Ipv4 hostAddress = 0;
  uint16_t hostPort = 0, containerPort = 0;
  std::string protocol = "tcp";

  std::string containerText() const { return std::to_string(containerPort) + "/" + protocol; }
  std::string hostText() const { return textOf(hostAddress) + ":" + std::to_string(hostPort); }
};

/// `-p`: [ADDRESS:][HOST[-HOST]:]CONTAINER[-CONTAINER][/PROTOCOL]. Faults: Invalid in docker's words.
llvm::Expected<std::vector<PortWish>> parsePublish(llvm::StringRef text);
/// `--expose` and EXPOSE: CONTAINER[-CONTAINER][/PROTOCOL], as "80/tcp" each. Faults: Invalid.
llvm::Expected<std::vector<std::string>> parseExpose(llvm::StringRef text);

/// docker's PortBindings: {"80/tcp": [{"HostIp": "", "HostPort": "8000-8010"}]}, and back.
llvm::json::Object portBindingsJson(llvm::ArrayRef<PortWish> wishes);
std::vector<PortWish> portBindingsFrom(const llvm::json::Object& bindings);

/// Ports of the host that nobody else can take while `holds` are open.
struct ReservedPorts {
  std::vector<PublishedPort> ports;
  std::vector<UniqueFd> holds;
};
/// Faults: Unavailable for one that is in use, saying what to do; Denied; Io.
llvm::Expected<ReservedPorts> reservePorts(llvm::ArrayRef<PortWish> wishes);

}  // namespace strata::runtime
