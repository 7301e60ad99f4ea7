#pragma once
/// \file Texts of "Name: value" lines in stanzas that empty lines part, as mail headers, Debian's control files and
/// apk's database are.

#include <llvm/ADT/StringRef.h>

namespace strata::analyzer {

/// Takes the next stanza off `rest`; empty at the end.
llvm::StringRef takeStanza(llvm::StringRef& rest);
/// The first line of the field's value, without blanks around it; empty where there is none. Case does not count.
llvm::StringRef fieldOf(llvm::StringRef stanza, llvm::StringRef name);

}  // namespace strata::analyzer
