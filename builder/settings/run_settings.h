#pragma once
/// \file What the RUN steps of a build are given from outside of its Dockerfile, none of it part of a key (CACHE-2).

#include "builder/settings/ssh.h"
#include "runtime/spec/container_spec.h"

#include <vector>

namespace strata::builder {

struct RunSettings {
  std::vector<SshSource> ssh;  ///< --ssh; of one id the last counts
  std::vector<runtime::Ulimit> ulimits;
  uint64_t shmSize = 64 << 20;  ///< bytes of /dev/shm
  runtime::ResourceLimits limits;
};

}  // namespace strata::builder
