#pragma once
/// \file docker's default seccomp profile, as data: an allow list with conditions, everything else EPERM (ENOSYS for
/// system calls that are newer than the list, so that libc falls back). One list, two forms.

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>
#include <llvm/Support/JSON.h>

#include <vector>

namespace strata::runtime {

/// The profile for these capabilities as linux.seccomp of an OCI runtime spec.
llvm::json::Value seccompJson(llvm::ArrayRef<llvm::StringRef> capabilities);

/// The same compiled for this machine: an array of struct sock_filter as bytes, to be given to seccomp(2).
/// Compiled once a process and shared. Faults: Unsupported where the kernel has no seccomp.
llvm::Expected<llvm::ArrayRef<char>> seccompFilter(llvm::ArrayRef<llvm::StringRef> capabilities);

}  // namespace strata::runtime
