#include "analyzer/causes/invalidation.h"
#include "analyzer/causes/step_match.h"
#include "analyzer/history/timeline.h"
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
#include <llvm/ADT/StringExtras.h>
#include <llvm/Support/FormatVariadic.h>

namespace strata::cli {

namespace {

using builder::Build;
using builder::BuildStep;

struct ShowOptions {
  std::string format;
};

constexpr size_t kShownSlowest = 3;

/// Where the time went: the chain that nothing could have shortened, how much ran at once, and the slowest steps.
std::string timeText(const Build& build) {
  analyzer::Timeline timeline = analyzer::timelineOf(build);
  if (timeline.critical.empty()) return "";
  auto names = [&](llvm::ArrayRef<size_t> positions) {
    std::vector<std::string> texts;
    for (size_t position : positions) texts.push_back(std::to_string(build.steps[position].index + 1));
    return texts;
  };
  std::string text = llvm::formatv("Parallelism: {0:f1} ({1} of work in {2})\n", timeline.parallelism,
                                   durationText(timeline.work), durationText(timeline.wall));
  text += "Critical:    " + durationText(timeline.criticalWork) + " in steps " +
          llvm::join(names(timeline.critical), " > ") + "\n";
  text += "Slowest:     ";
  std::vector<std::string> slowest;
  for (size_t position : llvm::ArrayRef(timeline.slowest).take_front(kShownSlowest))
    slowest.push_back(durationText(build.steps[position].duration) + " step " +
                      std::to_string(build.steps[position].index + 1));
  return text + llvm::join(slowest, ", ") + "\n";
}

std::string stepsTable(const Build& build, llvm::ArrayRef<analyzer::StepReason> reasons) {
  std::vector<std::vector<std::string>> rows{{"#", "OUTCOME", "TIME", "LINE", "STEP", "REASON"}};
  for (auto [step, reason] : llvm::zip(build.steps, reasons))
    rows.push_back({std::to_string(step.index + 1), nameOf(step.outcome).str(), durationText(step.duration),
                    step.firstLine == 0 ? "" : std::to_string(step.firstLine), analyzer::shortNameOf(step),
                    step.error.empty() ? summaryOf(reason, build) : printable(step.error)});
  return table(rows);
}

void printBuild(const Build& build, llvm::ArrayRef<analyzer::StepReason> reasons, llvm::raw_ostream& out) {
  out << "Build:       " << build.id << "\n"
      << "Status:      " << (build.succeeded ? "Completed" : "Error") << "\n"
      << "Started:     " << rfc3339(build.started - build.started % 1'000'000'000) << "\n"
      << "Duration:    " << durationText(build.duration) << "\n"
      << "Context:     " << printable(build.context) << "\n"
      << "Dockerfile:  " << printable(build.dockerfile) << "\n";
  if (!build.target.empty()) out << "Target:      " << printable(build.target) << "\n";
  if (std::string names = namesOf(build); !names.empty()) out << "Names:       " << names << "\n";
  if (!build.origin.empty()) out << "Came from:   " << printable(build.origin) << "\n";
  if (build.image) out << "Image:       " << build.image.str() << "\n";
  out << "Cached:      " << build.hitCount << " of " << build.stepCount << " steps\n"
      << timeText(build) << "\n"
      << stepsTable(build, reasons);
  if (!build.warnings.empty()) out << "\n";
  for (const builder::BuildWarning& warning : build.warnings) out << "WARN: " << printable(warning.message) << "\n";
  if (build.error.empty()) return;
  llvm::SmallVector<llvm::StringRef> lines;
  llvm::StringRef(build.error).split(lines, '\n');
  out << "\n";
  for (llvm::StringRef line : lines) out << printable(line) << "\n";
}

llvm::Expected<int> showBuild(const ShowOptions& options, Session& session, const Arguments& arguments) {
  if (!options.format.empty() && options.format != "json")
    return unfitFlag("unknown format '" + printable(options.format) + "'; there is json");
  auto build = findBuild(arguments.empty() ? "last" : arguments[0], session);
  if (!build) return build.takeError();
  if (options.format == "json") {
    analyzer::Redactor redactor;
    redactor.learn(*build);
    redactor.apply(*build);
    session.out() << printPrettyJson(builder::toJson(*build)) << "\n";
    return 0;
  }
  auto explained = explain(std::move(*build), session);
  if (!explained) return explained.takeError();
  hideSecrets(*explained);
  printBuild(explained->build, explained->reasons, session.out());
  return 0;
}

}  // namespace

Command buildsShowCommand() {
  return {.name = "show",
          .usage = "[OPTIONS] [BUILD|IMAGE]",
          .description = "Show the steps of a build (of the last one, if none is named)",
          .minimum = 0,
          .maximum = 1,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<ShowOptions>();
            declared.text("--format", options->format, "json: the journal's entry with every part of every key");
            return [options](Session& session, const Arguments& arguments) {
              return showBuild(*options, session, arguments);
            };
          }};
}

}  // namespace strata::cli
