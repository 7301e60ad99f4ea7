#pragma once
/// \file Extended attributes, as far as they travel with a file. Source: spec CACHE-4.

#include "support/digest.h"

#include <llvm/ADT/StringRef.h>

#include <map>
#include <string>

namespace strata::builder {

using Xattrs = std::map<std::string, std::string>;

/// Not what the system keeps for itself (system.*, security.* but for capabilities) nor overlay's own marks.
bool xattrTravels(llvm::StringRef name);
/// Those of an open file that travel; what cannot be read is left out (COPY-28).
Xattrs readXattrs(int fd);
/// None where there are none.
Digest xattrsDigest(const Xattrs& xattrs);
/// Sets them as far as the file system and our rights allow.
void writeXattrs(int fd, const Xattrs& xattrs);

}  // namespace strata::builder
