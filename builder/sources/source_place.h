#pragma once
/// \file Where sources from outside are kept, and what authenticates them. On disk, below the store's `sources/`:
/// `git/<name>` bare mirrors, `trees/<name>` checked out commits, `http/<name>/context` downloads. Everything but a
/// mirror is made in staging and renamed into place; nothing of it is ever changed.

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <functional>
#include <optional>
#include <string>

namespace strata {
class Database;
}

namespace strata::builder {

struct SourcePlace {
  std::string directory;         ///< the store's `sources/`
  std::string staging;           ///< a directory of ours on the same disk
  Database* database = nullptr;  ///< for what servers said of a file
  /// A secret by its id; nothing if there is none.
  std::function<llvm::Expected<std::optional<std::string>>(llvm::StringRef)> secret;
  /// The socket of the agent that was offered as `default`; nothing if none was (ADD-30).
  std::function<llvm::Expected<std::optional<std::string>>()> sshAgent;
};

/// The first of these secrets that is there, without blanks around it.
struct FoundSecret {
  std::string id, value;
};
llvm::Expected<std::optional<FoundSecret>> firstSecret(const SourcePlace& place, llvm::ArrayRef<std::string> ids);

/// Moves a finished directory to its place; one that is there already stays, and the other goes.
[[nodiscard]] llvm::Error putInPlace(const std::string& made, const std::string& place);

}  // namespace strata::builder
