#pragma once
/// \file Flags of one instruction: known or not, given once or more, with the right kind of value. Source: spec FLAG-4
/// to FLAG-9.

#include "builder/frontend/ast.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/SmallVector.h>
#include <llvm/Support/Error.h>

#include <optional>
#include <vector>

namespace strata::builder {

struct FlagSpec {
  enum class Kind { String, Boolean, List };
  llvm::StringRef name;
  Kind kind = Kind::String;
};

class FlagReader {
public:
  /// Faults: Invalid, pointing at the flag.
  static llvm::Expected<FlagReader> read(const AstNode& node, llvm::ArrayRef<FlagSpec> known, const SourceText& source);

  /// Absent and empty are the same (FLAG-7).
  llvm::StringRef string(llvm::StringRef name) const;
  std::optional<AstWord> word(llvm::StringRef name) const;
  std::optional<bool> boolean(llvm::StringRef name) const;
  std::vector<AstWord> list(llvm::StringRef name) const;

private:
  struct Value {
    llvm::StringRef name;
    AstWord word;
  };
  llvm::SmallVector<Value, 2> values_;  ///< in the order given; few enough to be looked through
};

}  // namespace strata::builder
