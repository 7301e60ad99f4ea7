#pragma once
/// \file Programs of other processors: whether the kernel runs them here, by itself or through an interpreter that is
/// registered with binfmt_misc. Source: Linux, Documentation/admin-guide/binfmt-misc.rst; ELF header, elf(5).

#include "layerfs/platform.h"
#include "runtime/spec/container_spec.h"

#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::runtime {

inline constexpr llvm::StringLiteral kBinfmtRegistry = "/proc/sys/fs/binfmt_misc";

/// How programs of a platform run on this machine.
struct Emulation {
  std::string interpreter;  ///< empty: the processor runs them itself
  bool heldOpen = false;    ///< flag F: the kernel has it; otherwise it is looked for in the container
};

/// `registry` is where binfmt_misc is mounted. Faults: Unsupported, saying how to register an interpreter.
llvm::Expected<Emulation> emulationFor(const layerfs::Platform& platform, llvm::StringRef registry = kBinfmtRegistry);
/// The platforms whose programs run here, this machine's first.
std::vector<layerfs::Platform> runnablePlatforms(llvm::StringRef registry = kBinfmtRegistry);
/// Makes the container ready for programs of this platform: an interpreter that the kernel does not hold open is
/// mounted where it is looked for. Faults: as emulationFor().
[[nodiscard]] llvm::Error prepareEmulation(const layerfs::Platform& platform, ContainerSpec& spec,
                                           llvm::StringRef registry = kBinfmtRegistry);

}  // namespace strata::runtime
