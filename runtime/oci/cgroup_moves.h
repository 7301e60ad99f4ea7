#pragma once
/// \file To move a process into another control group the kernel takes a lock, for which it waits an RCU grace period,
/// 10 ms and more, unless somebody had it a moment ago. Every start of a container moves a process.
/// Source: Linux, kernel/cgroup/cgroup.c, cgroup_threadgroup_rwsem.

#include <thread>

namespace strata::runtime {

/// Waits for that on a thread of its own while a start is prepared: it moves this process to where it is already.
class CgroupMoveAhead {
public:
  CgroupMoveAhead();
  ~CgroupMoveAhead();
  CgroupMoveAhead(const CgroupMoveAhead&) = delete;
  CgroupMoveAhead& operator=(const CgroupMoveAhead&) = delete;

private:
  std::thread waiting_;
};

}  // namespace strata::runtime
