#pragma once
/// \file Small helpers around what is sent to and comes from a registry.

#include "support/bytes.h"
#include "support/http.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <string>

namespace strata::registry {

/// All but unreserved characters as "%2F". Source: RFC 3986, 2.3.
std::string escapedForQuery(llvm::StringRef text);

/// Where a Location header leads: an absolute URL, or a path on the host that said it.
std::string resolvedLocation(llvm::StringRef location, llvm::StringRef base);

/// Takes a document of bounded size. Faults: Invalid for a longer one.
class BoundedSink : public ByteSink {
public:
  explicit BoundedSink(size_t limit) : limit_(limit) {}
  llvm::Error write(llvm::StringRef bytes) override;
  std::string text;

private:
  size_t limit_;
};

}  // namespace strata::registry
