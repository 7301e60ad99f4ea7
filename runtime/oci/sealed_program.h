#pragma once
/// \file crun and runc join namespaces in which somebody could write to their program by /proc/PID/exe
/// (CVE-2019-5736). They therefore start themselves once more, out of a copy that nobody can change, unless they were
/// started out of such a copy: a sealed memfd. Source: runc, libcontainer/dmz, contrib/cmd/memfd-bind.

#include "support/unique_fd.h"

#include <string>

namespace strata::runtime {

/// The program's bytes in memory, sealed, to be started as /proc/self/fd/N; nothing where the host gives no such file.
UniqueFd sealedCopyOf(const std::string& program);

}  // namespace strata::runtime
