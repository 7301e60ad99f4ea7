#include "analyzer/report/gates_text.h"

#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/Support/FormatVariadic.h>

namespace strata::analyzer {

namespace {
using Status = GateResult::Status;

size_t countOf(llvm::ArrayRef<GateResult> results, Status status) {
  return size_t(llvm::count_if(results, [&](const GateResult& result) { return result.status == status; }));
}
}  // namespace

std::string verdictOf(llvm::ArrayRef<GateResult> results) {
  return llvm::formatv("{0}: {1} passed, {2} failed, {3} skipped", allPass(results) ? "PASS" : "FAIL",
                       countOf(results, Status::Pass), countOf(results, Status::Fail), countOf(results, Status::Skip));
}

std::string printGates(llvm::ArrayRef<GateResult> results) {
  std::vector<std::vector<std::string>> rows{{"RESULT", "RULE", "LIMIT", "MEASURED", "DETAIL"}};
  for (const GateResult& result : results)
    rows.push_back({nameOf(result.status).upper(), nameOf(result.gate).str(), printable(result.limit), result.measured,
                    result.detail});
  return table(rows) + verdictOf(results) + "\n";
}

llvm::json::Object toJson(llvm::ArrayRef<GateResult> results) {
  llvm::json::Array array;
  for (const GateResult& result : results)
    array.push_back(llvm::json::Object{{"rule", nameOf(result.gate)},
                                       {"result", nameOf(result.status)},
                                       {"limit", llvm::json::fixUTF8(result.limit)},
                                       {"measured", result.measured},
                                       {"detail", llvm::json::fixUTF8(result.detail)}});
  return llvm::json::Object{{"passed", allPass(results)}, {"results", std::move(array)}};
}

}  // namespace strata::analyzer
