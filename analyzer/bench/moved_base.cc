#include "analyzer/bench/moved_base.h"

#include "support/files.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::analyzer {

std::vector<BenchBase> movableBases(llvm::ArrayRef<BenchBase> bases) {
  std::vector<BenchBase> movable;
  for (const BenchBase& base : bases) {
    bool hasOneMeaning = llvm::count_if(bases, [&](const BenchBase& one) { return one.name == base.name; }) == 1;
    if (hasOneMeaning && !llvm::StringRef(base.name).contains('@') && !base.hasTriggers) movable.push_back(base);
  }
  return movable;
}

llvm::Expected<std::string> writeMovedBase(const std::string& directory, const std::string& original, unsigned round) {
  std::string context = joinPath(directory, "moved-base");
  if (auto error = makeDirectories(context)) return error;
  std::string file = "FROM " + original + "\nCOPY stamp /.strata-bench\n";
  if (auto error = writeFileAtomically(joinPath(context, "Dockerfile"), file)) return error;
  if (auto error = writeFileAtomically(joinPath(context, "stamp"), std::to_string(round) + "\n")) return error;
  return context;
}

}  // namespace strata::analyzer
