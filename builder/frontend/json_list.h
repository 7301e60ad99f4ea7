#pragma once
/// \file Exec form: a JSON array of strings. Source: spec JSON; RFC 8259, read as strictly as Go's encoding/json does.

#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Allocator.h>

namespace strata::builder {

struct JsonList {
  enum class Kind {
    NotJson,      ///< anything else than one valid array: read as text
    OtherValues,  ///< a valid array with an element that is no string
    Strings,
  };
  Kind kind = Kind::NotJson;
  llvm::SmallVector<llvm::StringRef, 4> strings;  ///< pieces of the text, or in the arena where escapes were decoded
};

/// What this text is as JSON. Bytes that are no UTF-8 and lone surrogates become U+FFFD. Arrays nested deeper than
/// 10,000 are not valid.
JsonList readJsonList(llvm::StringRef text, llvm::BumpPtrAllocator& arena);

}  // namespace strata::builder
