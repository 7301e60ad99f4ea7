#pragma once
/// \file What names a source from outside: a URL, or a git repository. Text alone; nothing is looked up. Source: spec
/// ADD-1, ADD-9, ADD-13, CTX-4, CTX-5.

#include "builder/sources/git_reference.h"
#include "support/digest.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <optional>
#include <string>
#include <variant>

namespace strata::builder {

struct HttpReference {
  std::string url;
  std::optional<Digest> checksum;
  bool operator==(const HttpReference&) const = default;
};

using RemoteReference = std::variant<HttpReference, GitReference>;

/// A git repository, else an http(s) URL, else nothing: a path. Faults: Invalid as parseGitReference().
llvm::Expected<std::optional<RemoteReference>> parseRemote(llvm::StringRef text, GitForm form);
/// For people: no user or password in it.
std::string shownName(const RemoteReference& reference);

/// "sha256:<hex>" of ADD --checksum. Faults: Invalid, Unsupported: one message each for an algorithm that is missing,
/// unknown, or known but not for this (ADD-13).
llvm::Expected<Digest> parseChecksum(llvm::StringRef text);

/// The name that a file from this URL gets in a directory (ADD-9).
std::string fileNameOf(llvm::StringRef url);

}  // namespace strata::builder
