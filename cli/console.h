#pragma once
/// \file The terminal, where there is one: its size, questions to whoever sits before it, text made safe for it.

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <string>

namespace strata::cli {

bool isTerminal(int fd);

struct ConsoleSize {
  unsigned rows = 24, columns = 80;
};
/// Of the terminal behind `fd`; 80x24 where there is none.
ConsoleSize consoleSize(int fd);

/// One line of a program's output, fit to be shown: escape sequences (colours, cursor movements) gone, of what carriage
/// returns overwrote only the last state, tabs as blanks, other control characters as "\x07".
std::string shownLine(llvm::StringRef line);

/// Prints the warning and "Are you sure you want to continue? [y/N] " on standard error and reads the answer; anything
/// but y or yes is no. Faults: Invalid where nobody sits before a terminal.
llvm::Expected<bool> confirmRemoval(llvm::StringRef warning);

/// Prints the question on standard error and reads one line; with Echo::No what is typed is not shown.
enum class Echo { No, Yes };
std::string ask(llvm::StringRef question, Echo echo);

}  // namespace strata::cli
