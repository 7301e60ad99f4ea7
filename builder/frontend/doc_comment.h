#pragma once
/// \file Comments above an instruction that describe what it defines: `# NAME DESCRIPTION`. Source: spec LEX-22,
/// LEX-23.

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>

namespace strata::builder {

/// The description of `name` in these comments (without "#"); empty if none describes it.
llvm::StringRef descriptionOf(llvm::StringRef name, llvm::ArrayRef<llvm::StringRef> comments);

}  // namespace strata::builder
