#include "cli/advice_view.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/flag_fault.h"
#include "cli/options.h"
#include "cli/why_view.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

#include <unistd.h>

namespace strata::cli {

namespace {

struct AdviseOptions {
  bool json = false, apply = false;
  uint64_t last = kAdviceBuilds;
  std::vector<std::string> only;
};

/// "reorder" and "advice/reorder" are the same kind.
llvm::StringRef withoutFamily(llvm::StringRef kind) {
  kind.consume_front("advice/");
  return kind;
}

llvm::Error checkOptions(const AdviseOptions& options) {
  if (options.last == 0) return unfitFlag("--last must be at least 1");
  llvm::ArrayRef<llvm::StringRef> known = analyzer::adviceKinds();
  for (llvm::StringRef kind : options.only)
    if (!llvm::is_contained(known, withoutFamily(kind)))
      return unfitFlag("--only: no advice is called '" + printable(kind) + "'" +
                       didYouMean(withoutFamily(kind), known) + "; there are " + llvm::join(known, ", "));
  return llvm::Error::success();
}

void keepOnly(const std::vector<std::string>& kinds, std::vector<analyzer::Advice>& advice) {
  if (kinds.empty()) return;
  llvm::erase_if(advice, [&](const analyzer::Advice& one) {
    llvm::StringRef rule = withoutFamily(one.finding.rule);
    return llvm::none_of(kinds, [&](llvm::StringRef kind) { return withoutFamily(kind) == rule; });
  });
}

llvm::Expected<int> advise(const AdviseOptions& options, Session& session, const Arguments& arguments) {
  if (llvm::Error error = checkOptions(options)) return error;
  auto build = findBuild(arguments.empty() ? "last" : arguments[0], session);
  if (!build) return build.takeError();
  auto given = adviseOn(std::move(*build), options.last, session);
  if (!given) return given.takeError();
  keepOnly(options.only, given->advice);
  if (options.json)
    session.out() << printPrettyJson(toJson(*given)) << "\n";
  else
    session.out() << printAdvice(*given, isTerminal(STDOUT_FILENO) ? consoleSize(STDOUT_FILENO).columns : 0);
  if (!options.apply || given->advice.empty()) return 0;
  auto applied = analyzer::applyAdvice(given->advice, given->files);
  if (!applied) return applied.takeError();
  session.err() << "applied " << *applied << " of " << given->advice.size() << " to "
                << printable(given->files.dockerfilePath)
                << (*applied < given->advice.size() ? "; build, then ask again for the rest" : "") << "\n";
  return 0;
}

}  // namespace

Command adviseCommand() {
  return {.name = "advise",
          .usage = "[OPTIONS] [BUILD|IMAGE]",
          .description = "Say what to change in a Dockerfile, as diffs, and what that saves (of the last build)",
          .minimum = 0,
          .maximum = 1,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<AdviseOptions>();
            declared.flag("--apply", options->apply, "Write the changes to the Dockerfile and .dockerignore");
            declared.list("--only", options->only, "Only advice of this kind: reorder, cache-mount, ...");
            declared.flag("--json", options->json, "One JSON object");
            declared.number("-n,--last", options->last, "How many builds of the project to compute with (default 20)");
            return [options](Session& session, const Arguments& arguments) {
              return advise(*options, session, arguments);
            };
          }};
}

}  // namespace strata::cli
