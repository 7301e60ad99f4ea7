/// \file The hidden command by which an installation gets its manual.

#include "cli/commands.h"
#include "cli/manual.h"
#include "cli/options.h"
#include "cli/session.h"
#include "support/files.h"

namespace strata::cli {

namespace {

llvm::Expected<int> writePages(Session&, const Arguments& words) {
  if (llvm::Error error = makeDirectories(words.front())) return error;
  for (const ManualPage& page : manualPages())
    if (llvm::Error error = writeFileAtomically(joinPath(words.front(), page.file), page.text)) return error;
  return 0;
}

}  // namespace

Command manPagesCommand() {
  return {.name = "man-pages",
          .usage = "DIRECTORY",
          .description = "Write the manual's pages (for an installation)",
          .minimum = 1,
          .maximum = 1,
          .declare = [](Options&) -> Action { return writePages; },
          .asCaller = true,
          .alias = true};
}

}  // namespace strata::cli
