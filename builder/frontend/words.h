#pragma once
/// \file Ways to cut an instruction's text into words, each a raw piece of it. Source: spec LEX-14, LEX-18 to LEX-20,
/// FLAG-1 to FLAG-3; dump-format.md.
///
/// Two notions of white space: blanks are what ends a keyword, a flag and a word without quotes; where quotes count,
/// and at both ends of an instruction, it is all of Unicode's white space.

#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Allocator.h>

namespace strata::builder {

constexpr llvm::StringLiteral kBlanks = " \t\v\f\r";

inline bool isBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r' && c != '\n'); }

using Words = llvm::SmallVector<llvm::StringRef, 8>;

/// Runs of text without blanks.
Words splitBlanks(llvm::StringRef text);

/// Quotes and escapes hold words together and stay in them (LEX-20).
Words splitQuoted(llvm::StringRef text, char escape);

/// Leading flags taken off.
struct Flags {
  struct Flag {
    llvm::StringRef text;     ///< quotes and escapes removed; in the arena if there were any
    llvm::StringRef written;  ///< the piece it was read from
  };
  llvm::SmallVector<Flag, 2> flags;
  llvm::StringRef rest;  ///< what is left
};
Flags splitFlags(llvm::StringRef text, char escape, llvm::BumpPtrAllocator& arena);

}  // namespace strata::builder
