#include "builder/sources/source_place.h"

#include "support/fault.h"
#include "support/files.h"

#include <cstdio>

namespace strata::builder {

llvm::Expected<std::optional<FoundSecret>> firstSecret(const SourcePlace& place, llvm::ArrayRef<std::string> ids) {
  if (!place.secret) return std::nullopt;
  for (const std::string& id : ids) {
    auto value = place.secret(id);
    if (!value) return value.takeError();
    if (*value) return FoundSecret{id, llvm::StringRef(**value).trim().str()};
  }
  return std::nullopt;
}

llvm::Error putInPlace(const std::string& made, const std::string& place) {
  if (renamePath(made, place) == 0) return llvm::Error::success();
  int number = errno;
  if (pathExists(place)) return removeTree(made);
  return errnoFault("put " + place + " in place", number);
}

}  // namespace strata::builder
