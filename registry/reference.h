#pragma once
/// \file Image references: [host[:port]/]path[:tag][@digest], as docker reads them (default domain docker.io, namespace
/// library, tag latest). Source: the distribution project's reference grammar; spec STAGE-8.

#include "support/digest.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <compare>
#include <optional>
#include <string>

namespace strata::registry {

struct Reference {
  std::string domain;  ///< "docker.io", "localhost:5000"
  std::string path;    ///< "library/app"
  std::string tag;     ///< empty only beside a digest
  std::optional<Digest> digest;

  std::string canonical() const;           ///< "docker.io/library/app:latest": the name in the store
  std::string familiar() const;            ///< "app:latest", as docker shows it
  std::string tagOrDigest() const;         ///< the digest, where there is one
  std::string repository() const;          ///< canonical without tag and digest
  std::string familiarRepository() const;  ///< "app", "user/app", "localhost:5000/app"
  auto operator<=>(const Reference&) const = default;
};

/// Reads what a user or a Dockerfile says; a missing tag becomes latest (unless there is a digest).
/// Faults: Invalid (`invalid reference format`, repository names must be lower-case, 64 hex digits alone are an id).
llvm::Expected<Reference> parseReference(llvm::StringRef text);

}  // namespace strata::registry
