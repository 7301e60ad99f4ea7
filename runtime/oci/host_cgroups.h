#pragma once
/// \file What control groups this host has, and which limits they can hold to. Source: Linux, admin-guide/cgroup-v2.rst
/// and admin-guide/cgroup-v1.

#include <llvm/ADT/StringRef.h>

#include <set>
#include <string>

namespace strata::runtime {

enum class CgroupVersion { None, One, Two };

struct HostCgroups {
  CgroupVersion version = CgroupVersion::None;
  bool hybrid = false;                ///< of version 1, with version 2 beside it and without controllers
  bool writable = false;              ///< this process may make groups
  std::set<std::string> controllers;  ///< "memory", "cpu", "cpuset", "pids", "freezer", "devices", ...
  bool swap = false;                  ///< swap can be limited, too

  bool has(llvm::StringRef controller) const { return writable && controllers.count(controller.str()) != 0; }
};

HostCgroups hostCgroups();

}  // namespace strata::runtime
