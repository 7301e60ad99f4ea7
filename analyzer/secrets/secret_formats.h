#pragma once
/// \file Files that hold secrets by what they are called: formats whose values have no shape of their own, and names
/// that are worth a word even where nobody reads the content.

#include "analyzer/secrets/secret_scan.h"

#include <llvm/ADT/StringRef.h>

#include <optional>
#include <string>
#include <vector>

namespace strata::analyzer {

/// Secrets in a file of a known format, of which `text` is the beginning: shadow and htpasswd (hashes), netrc, pgpass,
/// my.cnf, pypirc, npmrc, .env, by their paths in the image. In order.
std::vector<SecretMatch> findInFormat(llvm::StringRef path, llvm::StringRef text);

/// NAME=VALUE in a text, where the name says that the value is secret and the value may be one. Quotes around the value
/// are no part of it. In order.
std::vector<SecretMatch> findAssignments(llvm::StringRef text);

/// What a file of this name mostly holds: "private key of OpenSSH". Nothing for names that say nothing.
struct SuspiciousName {
  llvm::StringRef what;
  FindingLevel level = FindingLevel::Warning;
  bool isText = true;  ///< then its content tells more, once read
};
std::optional<SuspiciousName> suspiciousName(llvm::StringRef path);
/// False where the last name of a path is enough to tell that it is not suspicious, which is so of nearly all.
bool mayBeSuspicious(llvm::StringRef name);

/// Why what is found in a file of this path matters less: "documentation", "tests of an installed package". Empty: it
/// does not.
llvm::StringRef excuseFor(llvm::StringRef path);

}  // namespace strata::analyzer
