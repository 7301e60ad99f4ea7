#include "analyzer/secrets/finding_level.h"

namespace strata::analyzer {

llvm::StringRef nameOf(FindingLevel level) {
  switch (level) {
    case FindingLevel::Error:
      return "error";
    case FindingLevel::Warning:
      return "warning";
    case FindingLevel::Note:
      return "note";
  }
  return "";
}

}  // namespace strata::analyzer
