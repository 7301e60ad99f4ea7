#include "analyzer/bench/workload.h"

#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

#include <set>

namespace strata::analyzer {

namespace {
struct WorkloadWords {
  llvm::StringRef name, description;
};
constexpr WorkloadWords kWorkloads[] = {
    {"cold", "no cache, base images present"},
    {"no-op", "nothing changed"},
    {"file", "one file changed"},
    {"dependency", "the dependency file changed"},
    {"base-moved", "the base images moved"},
    {"fresh", "a fresh machine with a shared cache"},
    {"push", "push to a registry that has nothing"},
};
}  // namespace

llvm::StringRef nameOf(Workload workload) { return kWorkloads[size_t(workload)].name; }
llvm::StringRef descriptionOf(Workload workload) { return kWorkloads[size_t(workload)].description; }

std::vector<Workload> allWorkloads() {
  std::vector<Workload> all;
  for (size_t i = 0; i < std::size(kWorkloads); ++i) all.push_back(Workload(i));
  return all;
}

llvm::Expected<std::vector<Workload>> workloadsFrom(const std::vector<std::string>& texts) {
  std::vector<llvm::StringRef> names;
  for (const WorkloadWords& one : kWorkloads) names.push_back(one.name);
  std::set<llvm::StringRef> wanted;
  for (llvm::StringRef text : texts)
    for (llvm::StringRef name : llvm::split(text, ',')) {
      if (!llvm::is_contained(names, name.trim()))
        return fault(FaultKind::Invalid, "no workload is called '" + printable(name.trim()) + "'" +
                                             didYouMean(name.trim(), names) + "; there are " + llvm::join(names, ", "));
      wanted.insert(name.trim());
    }
  std::vector<Workload> workloads = allWorkloads();
  if (!wanted.empty()) llvm::erase_if(workloads, [&](Workload one) { return !wanted.contains(nameOf(one)); });
  return workloads;
}

}  // namespace strata::analyzer
