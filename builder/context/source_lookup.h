#pragma once
/// \file Which paths a source argument names: normalised, links followed inside the root, wildcards matched. Nothing is
/// read but directory listings. Source: spec COPY-5 to COPY-14.

#include "builder/context/tree_walker.h"

#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::builder {

/// An entry that exists and is not ignored, as far as its own path tells (an ignored directory may yet be empty).
struct FoundSource {
  std::string path;      ///< links resolved
  std::string baseName;  ///< as it was asked for or matched
  struct stat status = {};
};

struct ListedName {
  std::string text;
  unsigned char type;  ///< DT_...
};
/// Names in a directory, sorted; empty if there is no such directory. Faults: Denied; Io.
llvm::Expected<std::vector<ListedName>> namesIn(const WalkSettings& settings, const std::string& path);

class SourceLookup {
public:
  explicit SourceLookup(const WalkSettings& settings) : settings_(settings) {}

  /// Faults: NotFound for a source without wildcard that is not there or ignored, saying what helps; Invalid for a bad
  /// pattern; Denied; Io.
  llvm::Expected<std::vector<FoundSource>> find(llvm::StringRef source) const;

  /// `"/path": not found`, and why: what ignores it, a near name, or what there is at that level.
  llvm::Error notFound(llvm::StringRef source) const;

private:
  llvm::Expected<FoundSource> findOne(llvm::StringRef path, llvm::StringRef baseName) const;
  llvm::Error match(const std::string& directory, llvm::ArrayRef<llvm::StringRef> patterns,
                    std::vector<FoundSource>& out) const;
  llvm::Error matchOne(const std::string& path, llvm::ArrayRef<llvm::StringRef> rest,
                       std::vector<FoundSource>& out) const;
  bool ignored(llvm::StringRef path, bool isDirectory) const;
  std::string hintFor(llvm::StringRef source) const;
  std::string hintAt(llvm::StringRef missing) const;

  const WalkSettings& settings_;
};

}  // namespace strata::builder
