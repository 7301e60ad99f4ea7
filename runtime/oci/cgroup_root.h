#pragma once
/// \file Where control groups are, and of which version. Source: Linux, admin-guide/cgroup-v2.rst.

#include <string>

namespace strata::runtime {

inline constexpr char kCgroupRoot[] = "/sys/fs/cgroup";

bool isCgroup2(const std::string& directory);
/// Version 2 is one tree; before it, a tmpfs holds one tree a controller.
inline bool isUnified() { return isCgroup2(kCgroupRoot); }

}  // namespace strata::runtime
