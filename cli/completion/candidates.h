#pragma once
/// \file What may stand next on a command line, from the commands' own definitions.

#include <llvm/ADT/ArrayRef.h>

#include <string>
#include <vector>

namespace strata::cli {

struct Candidate {
  std::string word;
  std::string description;  ///< one line, may be empty
};

/// What else fits there: names that the store knows, or those of files.
enum class Noun { None, Container, Image, Network, Volume, Build, File };

struct Completion {
  std::vector<Candidate> candidates;
  Noun noun = Noun::None;
};

/// `words`: those behind the program's name; the last one is being written and may be empty.
Completion completionOf(llvm::ArrayRef<std::string> words);

/// The noun at a place of Command::usage: "[OPTIONS] CONTAINER [CONTAINER...]".
Noun nounAt(llvm::StringRef usage, size_t place);

}  // namespace strata::cli
