#include "runtime/oci/cgroup_root.h"

#include <linux/magic.h>
#include <sys/statfs.h>

namespace strata::runtime {

bool isCgroup2(const std::string& directory) {
  struct statfs status;
  return ::statfs(directory.c_str(), &status) == 0 && status.f_type == CGROUP2_SUPER_MAGIC;
}

}  // namespace strata::runtime
