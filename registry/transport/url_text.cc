#include "registry/transport/url_text.h"

#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/StringExtras.h>

namespace strata::registry {

std::string escapedForQuery(llvm::StringRef text) {
  std::string result;
  for (unsigned char c : text) {
    if (llvm::isAlnum(c) || c == '-' || c == '.' || c == '_' || c == '~')
      result += char(c);
    else
      result += "%" + llvm::utohexstr(c, /*LowerCase=*/false, /*Width=*/2);
  }
  return result;
}

std::string resolvedLocation(llvm::StringRef location, llvm::StringRef base) {
  if (location.contains("://")) return location.str();
  size_t authority = base.find("://");
  authority = authority == llvm::StringRef::npos ? 0 : authority + 3;
  if (location.starts_with("//")) return (base.take_front(authority - 2) + location).str();
  llvm::StringRef origin = base.take_front(base.find_first_of("/?#", authority));
  return (origin + (location.starts_with("/") ? "" : "/") + location).str();
}

llvm::Error BoundedSink::write(llvm::StringRef bytes) {
  if (text.size() + bytes.size() > limit_)
    return fault(FaultKind::Invalid, "the registry's answer is larger than " + humanSize(limit_));
  text += bytes;
  return llvm::Error::success();
}

}  // namespace strata::registry
