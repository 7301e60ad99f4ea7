#include "cli/builds_view.h"

#include "cli/image_lookup.h"
#include "support/text.h"

#include <llvm/ADT/StringExtras.h>
#include <llvm/Support/FormatVariadic.h>

namespace strata::cli {

std::string namesOf(const builder::Build& build) {
  if (!build.title.empty()) return printable(build.title);
  std::vector<std::string> names;
  for (const std::string& name : build.names) names.push_back(familiarName(name));
  return llvm::join(names, ",");
}

std::string percentText(double share) { return llvm::formatv("{0:f0} %", 100 * share); }

}  // namespace strata::cli
