#pragma once
/// \file What the kernel counts for one control group, in either version. Source: Linux, admin-guide/cgroup-v2.rst and
/// admin-guide/cgroup-v1.

#include <sys/types.h>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace strata::runtime {

/// Where the groups are: one tree (version 2), or one below `top` for each controller.
struct CgroupTree {
  std::string top;
  bool unified = false;
};
/// The host's, at /sys/fs/cgroup.
CgroupTree hostCgroupTree();

/// Nothing where the host has no such controller.
class CgroupValues {
public:
  /// "/strata-<id>", below every hierarchy.
  explicit CgroupValues(std::string path, CgroupTree tree = hostCgroupTree());

  std::optional<uint64_t> cpuNanoseconds() const;
  /// As docker counts: without file pages that have not been used lately, which the kernel would give back.
  std::optional<uint64_t> memoryInUse() const;
  std::optional<uint64_t> memoryLimit() const;
  std::optional<uint64_t> processCount() const;
  struct Moved {
    uint64_t read = 0, written = 0;
  };
  std::optional<Moved> blockBytes() const;
  /// Those of groups below it, too.
  std::vector<pid_t> processes() const;

private:
  std::string directory(const char* controller) const;
  std::string path_;
  CgroupTree tree_;
};

}  // namespace strata::runtime
