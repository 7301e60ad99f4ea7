#include "analyzer/history/build_diff.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/session.h"
#include "cli/why_view.h"
#include "support/text.h"

namespace strata::cli {

namespace {

struct DiffOptions {
  bool json = false;
};

/// `diff` borrows both builds.
void hideSecretsOfBoth(builder::Build& before, builder::Build& after, analyzer::BuildDiff& diff) {
  analyzer::Redactor redactor;
  redactor.learn(before);
  redactor.learn(after);
  for (analyzer::StepPair& pair : diff.steps) redactor.apply(pair.differences);
  redactor.apply(before);
  redactor.apply(after);
}

llvm::Expected<int> diffBuilds(const DiffOptions& options, Session& session, const Arguments& arguments) {
  auto before = findBuild(arguments[0], session);
  if (!before) return before.takeError();
  auto after = findBuild(arguments[1], session);
  if (!after) return after.takeError();
  auto trees = session.trees();
  if (!trees) return trees.takeError();
  auto diff = analyzer::diffBuilds(*before, *after, **trees);
  if (!diff) return diff.takeError();
  hideSecretsOfBoth(*before, *after, *diff);
  if (options.json)
    session.out() << printPrettyJson(toJson(*diff)) << "\n";
  else
    session.out() << printBuildDiff(*diff);
  return 0;
}

}  // namespace

Command buildsDiffCommand() {
  return {.name = "diff",
          .usage = "[OPTIONS] BUILD|IMAGE BUILD|IMAGE",
          .description = "Show which steps of two builds differ, in what, and how long each took",
          .minimum = 2,
          .maximum = 2,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<DiffOptions>();
            declared.flag("--json", options->json, "One JSON object with every difference");
            return [options](Session& session, const Arguments& arguments) {
              return diffBuilds(*options, session, arguments);
            };
          }};
}

}  // namespace strata::cli
