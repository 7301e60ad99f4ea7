#pragma once
/// \file What the kernel says of a process.

#include <sys/types.h>
#include <cstdint>

namespace strata::runtime {

/// When it started, in clock ticks since the host did; 0: there is no such process. With the number it names a process
/// for good. Source: proc(5), /proc/pid/stat, starttime.
uint64_t startOfProcess(pid_t pid);

}  // namespace strata::runtime
