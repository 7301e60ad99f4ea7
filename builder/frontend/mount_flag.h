#pragma once
/// \file The value of one `RUN --mount`: a CSV record of keys and bare words. Source: spec MNT-1 to MNT-8, MNT-24.

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <cstdint>
#include <optional>
#include <string>

namespace strata::builder {

enum class MountKind { Bind, Cache, Tmpfs, Secret, Ssh };
llvm::StringRef nameOf(MountKind kind);

enum class CacheSharing { Shared, Private, Locked };
llvm::StringRef nameOf(CacheSharing sharing);

/// What was written, checked in itself; paths and defaults are the planner's work.
struct RunMount {
  MountKind kind = MountKind::Bind;
  std::string from;
  std::string source;
  std::string target;  ///< as written, perhaps relative or empty
  std::string id;
  bool readOnly = true;
  CacheSharing sharing = CacheSharing::Shared;
  bool required = false;
  uint64_t size = 0;  ///< bytes; 0: no limit
  std::optional<uint32_t> mode, uid, gid;
  std::optional<std::string> env;
  bool operator==(const RunMount&) const = default;
};

using ValueExpander = llvm::function_ref<llvm::Expected<std::string>(llvm::StringRef value)>;

/// What is known before any variable is: the record itself, and that `from` holds none (MNT-3). Faults: Invalid.
[[nodiscard]] llvm::Error checkMountFlag(llvm::StringRef value);

/// Every key checked; each value goes through `expand` first. Keys count in their order (MNT-4). Faults: Invalid, with
/// a suggestion; what `expand` faults.
llvm::Expected<RunMount> parseMountFlag(llvm::StringRef value, ValueExpander expand);

}  // namespace strata::builder
