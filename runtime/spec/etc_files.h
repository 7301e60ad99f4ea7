#pragma once
/// \file The files below /etc that every container is given over its own: hosts, hostname, resolv.conf.

#include "runtime/spec/container_spec.h"

#include <string>
#include <vector>

namespace strata::runtime {

struct EtcFile {
  std::string name;  ///< "hosts", for /etc/hosts
  std::string text;
};

/// hosts names localhost, the container and its extra hosts; resolv.conf is the host's (empty where it has none) unless
/// the spec has one. A container without a hostname gets no hostname file.
std::vector<EtcFile> etcFilesOf(const ContainerSpec& spec);

}  // namespace strata::runtime
