#pragma once
/// \file Seccomp profiles that users write, in docker's form: the OCI one with names of architectures mapped (archMap)
/// and rules that hold for certain capabilities, processors and kernels (includes, excludes). Source: docker's
/// documentation, "Seccomp security profiles"; OCI runtime-spec v1.1, config-linux.md, "Seccomp".

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>
#include <llvm/Support/JSON.h>

namespace strata::runtime {

/// What is left of it for a container with these capabilities on this host, as linux.seccomp of an OCI runtime spec.
/// Faults: Invalid, naming the member that is wrong.
llvm::Expected<llvm::json::Object> readSeccompProfile(llvm::StringRef text,
                                                      llvm::ArrayRef<llvm::StringRef> capabilities);

}  // namespace strata::runtime
