#pragma once
/// \file Builds in a file, to be sent to somebody else: the journal's entries, the trees of files that they name, and
/// what their RUN steps read.
///
/// Format 1, compressed with zstd: "strata builds 1\n", then blocks, each behind its length as eight bytes,
/// little-endian. The first is JSON, {"schema": 1, "builds": [...]}, the builds oldest first, each as `builds show
/// --format json` prints it; every other one is a tree object (file_tree.h), each once. Format 2 begins with "strata
/// builds 2\n" and has behind these, of each RUN whose reads are known, a block of "strata reads\n", the 32 bytes of
/// its key and the reads (step_reads.h). Without reads, format 1 is written.

#include "builder/journal/file_tree.h"
#include "builder/journal/journal.h"
#include "builder/journal/step_reads.h"
#include "support/bytes.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <string>
#include <utility>
#include <vector>

namespace strata::builder {

/// Numbers of layers, which mean something in one store alone, are left out, and so are trees that have been pruned.
/// `shown`: what of the names of steps that reads tell of is for others; those of `builds` come as they are.
/// Faults: Invalid where that is more than a file may hold (1 GiB).
llvm::Expected<std::string> packBuilds(llvm::ArrayRef<Build> builds, TreeStore& trees, ReadStore& reads,
                                       llvm::function_ref<std::string(llvm::StringRef)> shown);

struct BuildFile {
  std::vector<Build> builds;  ///< oldest first, never empty
  std::vector<std::string> trees;
  std::vector<std::pair<Digest, StepReads>> reads;  ///< by the key of the RUN, which one of the builds has
};
/// Reads what anybody may have written: sizes, numbers and counts are bounded. Faults: Invalid for what is no such
/// file, or a damaged one; Unsupported for a newer one; those of `source`.
llvm::Expected<BuildFile> readBuildFile(ByteSource& source);

/// Puts all of it into the store, as received from `origin`; reads that are known here stay as they are. The builds
/// that were not there yet.
llvm::Expected<std::vector<Build>> receiveBuilds(BuildFile file, const std::string& origin, Journal& journal,
                                                 TreeStore& trees, ReadStore& reads);

}  // namespace strata::builder
