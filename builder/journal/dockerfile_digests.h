#pragma once
/// \file Which Dockerfile each build of the journal was made of, byte for byte: whoever wants to edit the one on disk
/// has to know whether it still is the one that the steps tell of.

#include "builder/journal/journal.h"
#include "support/database.h"
#include "support/digest.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <memory>
#include <optional>

namespace strata::builder {

/// By the build's id. A row goes with its build. Any thread.
class DockerfileDigests {
public:
  /// After Journal::open, whose table it refers to.
  static llvm::Expected<std::unique_ptr<DockerfileDigests>> open(Database& database);
  /// Of a build that the journal has.
  [[nodiscard]] llvm::Error put(llvm::StringRef build, const Digest& digest);
  /// Nothing of a build that came from elsewhere, or never read its Dockerfile.
  llvm::Expected<std::optional<Digest>> find(llvm::StringRef build);

private:
  explicit DockerfileDigests(Database& database) : database_(database) {}
  Database& database_;
};

}  // namespace strata::builder
