#include "analyzer/causes/step_name.h"
#include "analyzer/reads/run_reads.h"
#include "cli/commands.h"
#include "cli/flag_fault.h"
#include "cli/options.h"
#include "cli/session.h"
#include "cli/why_view.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <limits>

namespace strata::cli {

namespace {

constexpr size_t kPathsShown = 10;

struct ReadsOptions {
  std::string format;
  bool all = false;
};

/// Those that the name stands for. Faults: Invalid where none of them is a RUN.
llvm::Error keepNamed(llvm::StringRef name, const builder::Build& build, std::vector<analyzer::RunReads>& runs) {
  auto wanted = analyzer::findSteps(build, name);
  if (!wanted) return wanted.takeError();
  llvm::erase_if(runs, [&](const analyzer::RunReads& run) { return !llvm::is_contained(*wanted, run.position); });
  if (!runs.empty()) return llvm::Error::success();
  return fault(FaultKind::Invalid, "step " + name + " is no RUN: only those open files");
}

void hideReadSecrets(builder::Build& build, std::vector<analyzer::RunReads>& runs) {
  analyzer::Redactor redactor;
  redactor.learn(build);
  for (analyzer::RunReads& run : runs)
    if (run.reads)
      for (builder::ReadSource& source : run.reads->sources) source.name = redactor.apply(source.name);
  redactor.apply(build);
}

llvm::Expected<int> showReads(const ReadsOptions& options, Session& session, const Arguments& arguments) {
  if (!options.format.empty() && options.format != "json")
    return unfitFlag("unknown format '" + printable(options.format) + "'; there is json");
  auto build = findBuild(arguments.empty() ? "last" : arguments[0], session);
  if (!build) return build.takeError();
  auto store = session.store();
  if (!store) return store.takeError();
  auto kept = builder::ReadStore::open((*store)->database());
  if (!kept) return kept.takeError();
  auto runs = analyzer::readsOf(*build, **kept);
  if (!runs) return runs.takeError();
  bool aboutSteps = arguments.size() > 1;
  if (aboutSteps)
    if (llvm::Error error = keepNamed(arguments[1], *build, *runs)) return error;
  hideReadSecrets(*build, *runs);
  size_t most = options.all ? std::numeric_limits<size_t>::max() : aboutSteps ? kPathsShown : 0;
  for (const analyzer::RunReads& run : *runs) {
    if (options.format == "json")
      session.out() << printJson(analyzer::toJson(run, *build)) << "\n";
    else
      session.out() << analyzer::textOf(run, *build, most);
  }
  if (runs->empty() && options.format.empty()) session.out() << "The build has no RUN.\n";
  return 0;
}

}  // namespace

Command buildsReadsCommand() {
  return {.name = "reads",
          .usage = "[OPTIONS] [BUILD|IMAGE [STEP]]",
          .description = "Show how many of the files before it each RUN opened (of the last build, if none is named)",
          .minimum = 0,
          .maximum = 2,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<ReadsOptions>();
            declared.flag("-a,--all", options->all, "Every path that was opened or was not");
            declared.text("--format", options->format, "json: one object a RUN");
            return [options](Session& session, const Arguments& arguments) {
              return showReads(*options, session, arguments);
            };
          }};
}

}  // namespace strata::cli
