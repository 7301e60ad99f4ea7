#pragma once
/// \file What a RUN was seen to read of the files that a COPY had brought (`build --trace-reads`).

#include "analyzer/advice/copied_tree.h"
#include "analyzer/advice/finders.h"

#include <llvm/Support/Error.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace strata::analyzer {

/// Paths are below the COPY's destination.
struct ObservedReads {
  std::string build;                ///< id of the one that traced it
  uint64_t copied = 0;              ///< files that the COPY had brought, as the RUN found them
  std::vector<std::string> files;   ///< that it opened
  std::vector<std::string> listed;  ///< directories of the COPY whose names it asked for; "": the destination itself
  bool executes = false;            ///< some of the files as programs
};

/// Of the newest build that traced the same command over the same content of all that it opened; nothing where there
/// is none, or more was opened than is known.
llvm::Expected<std::optional<ObservedReads>> observedReads(const AdviceFacts& facts, size_t copy, size_t run,
                                                           CopiedTree& tree);

/// Where the COPY's files went: without a leading or trailing '/'; nothing where that is not written down.
std::optional<std::string> destinationOf(const builder::BuildStep& copy);
/// `path` as seen from the destination; nothing for one that is not in it.
std::optional<llvm::StringRef> belowDestination(llvm::StringRef path, llvm::StringRef destination);

}  // namespace strata::analyzer
