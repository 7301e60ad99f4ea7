/// \file The hidden command that a shell asks while somebody writes a command line: a line a candidate, word and
/// description with a tab between, or ":files" where a file is to be named.

#include "cli/commands.h"
#include "cli/completion/candidates.h"
#include "cli/completion/store_names.h"
#include "cli/options.h"
#include "cli/session.h"

namespace strata::cli {

namespace {

llvm::Expected<int> complete(Session& session, const Arguments& words) {
  Completion completion = completionOf(words);
  for (Candidate& name : namesInStore(completion.noun, words.back(), session))
    completion.candidates.push_back(std::move(name));
  for (const Candidate& candidate : completion.candidates)
    session.out() << candidate.word << "\t" << candidate.description << "\n";
  if (completion.noun == Noun::File) session.out() << ":files\n";
  return 0;
}

}  // namespace

Command completeCommand() {
  return {.name = "__complete",
          .usage = "-- WORD...",
          .description = "Say what may stand next (for shells)",
          .minimum = 1,
          .maximum = -1,
          .declare = [](Options&) -> Action { return complete; },
          .optionsFirst = true,
          .alias = true};
}

}  // namespace strata::cli
