#pragma once
/// \file The command of a RUN as far as it can be understood without a shell. What cannot is left alone: no advice is
/// better than a wrong one.

#include "builder/journal/journal.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>

#include <optional>
#include <string>
#include <vector>

namespace strata::analyzer {

/// What a POSIX shell is given by a RUN in shell form without a here-document; nothing for any other step.
std::optional<std::string> shellTextOf(const builder::BuildStep& step);

/// What stands between "RUN" and the command in the step's line: "--mount=type=cache,target=/c"; may be empty.
std::vector<std::string> runFlagsOf(const builder::BuildStep& step);

using SimpleCommand = std::vector<std::string>;
/// The commands of a list joined by "&&" and ";", as words; nothing where anything else is in it: quotes, variables,
/// redirections, pipes, comments.
std::optional<std::vector<SimpleCommand>> simpleCommands(llvm::StringRef text);

/// The words of every command in the text as far as they are plain, whatever else is there: to recognise programs, not
/// to understand.
std::vector<SimpleCommand> looseCommands(llvm::StringRef text);

/// One text that does what two RUNs did one after the other, as "first && second", in brackets where a directory,
/// variable or list would reach over; nothing where that cannot be told.
struct JoinedShell {
  bool bracketsFirst = false, bracketsSecond = false;
};
std::optional<JoinedShell> joinShell(llvm::StringRef first, llvm::StringRef second);

}  // namespace strata::analyzer
