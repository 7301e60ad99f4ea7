#include "analyzer/causes/step_match.h"
#include "analyzer/history/cache_statistics.h"
#include "builder/journal/journal.h"
#include "cli/builds_view.h"
#include "cli/commands.h"
#include "cli/flag_fault.h"
#include "cli/options.h"
#include "cli/session.h"
#include "cli/why_view.h"
#include "support/duration_text.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/Support/FormatVariadic.h>

#include <algorithm>

namespace strata::cli {

namespace {

constexpr size_t kShownInputs = 10;

struct BuildStatsOptions {
  uint64_t last = 20;
  bool json = false;
};

std::string shortName(const std::string& name) {
  builder::BuildStep step;
  step.name = name;
  return analyzer::shortNameOf(step);
}

std::string inputName(const analyzer::InputStatistics& input) {
  std::string kind = nameOf(input.kind).str(), name = printable(input.name);
  std::replace(kind.begin(), kind.end(), '-', ' ');
  return name.empty() ? kind : kind + " " + name;
}

void print(const builder::Build& newest, const analyzer::CacheStatistics& statistics, llvm::raw_ostream& out) {
  out << llvm::formatv("Last {0} builds of {1} ({2}): {3} of steps from the cache, {4} lost to misses\n",
                       statistics.builds, printable(newest.context), printable(newest.dockerfile),
                       percentText(statistics.hitRate()), durationText(statistics.missTime));
  std::vector<std::vector<std::string>> rows{{"#", "LINE", "HITS", "MISSES", "RATE", "LOST", "STEP"}};
  for (const analyzer::StepStatistics& step : statistics.steps)
    rows.push_back({std::to_string(step.step + 1), step.line ? std::to_string(step.line) : "",
                    std::to_string(step.hits), std::to_string(step.misses), percentText(step.hitRate()),
                    step.misses ? durationText(step.missTime) : "", shortName(step.name)});
  out << "\n" << table(rows);
  if (statistics.inputs.empty()) return;
  rows = {{"MISSES", "BUILDS", "LOST", "BECAUSE OF", "AT"}};
  for (const analyzer::InputStatistics& input : llvm::ArrayRef(statistics.inputs).take_front(kShownInputs))
    rows.push_back({std::to_string(input.misses), std::to_string(input.builds), durationText(input.time),
                    inputName(input),
                    (input.line ? "line " + std::to_string(input.line) + ", " : "") + shortName(input.step)});
  out << "\n" << table(rows);
}

llvm::Expected<int> showStatistics(const BuildStatsOptions& options, Session& session, const Arguments& arguments) {
  if (options.last == 0) return unfitFlag("--last must be at least 1");
  auto explained = explainLast(arguments.empty() ? "last" : arguments[0], options.last, session);
  if (!explained) return explained.takeError();
  for (ExplainedBuild& one : *explained) hideSecrets(one);
  analyzer::CacheStatistics statistics = analyzer::statisticsOf(*explained);
  if (options.json)
    session.out() << printPrettyJson(toJson(statistics)) << "\n";
  else
    print(explained->front().build, statistics, session.out());
  return 0;
}

}  // namespace

Command buildsStatsCommand() {
  return {.name = "stats",
          .usage = "[OPTIONS] [BUILD|IMAGE]",
          .description = "Show how often each step came from the cache, and which inputs caused most misses",
          .minimum = 0,
          .maximum = 1,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<BuildStatsOptions>();
            declared.flag("--json", options->json, "One JSON object");
            declared.number("-n,--last", options->last,
                            "How many builds of the project, this one the newest (default 20)");
            return [options](Session& session, const Arguments& arguments) {
              return showStatistics(*options, session, arguments);
            };
          }};
}

}  // namespace strata::cli
