#include "analyzer/causes/invalidation.h"
#include "cli/commands.h"
#include "cli/image_lookup.h"
#include "cli/listing.h"
#include "cli/options.h"
#include "cli/session.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::cli {

namespace {

using builder::Build;
using builder::BuildStep;

struct ListOptions {
  std::string format;
  uint64_t last = 50;
  bool quiet = false, imported = false;
};

/// What the user calls the build, else what it named.
std::string namesOf(const Build& build) {
  if (!build.title.empty()) return printable(build.title);
  std::vector<std::string> names;
  for (const std::string& name : build.names) names.push_back(familiarName(name));
  return llvm::join(names, ",");
}

llvm::json::Object rowOf(const Build& build) {
  return llvm::json::Object{{"ID", build.id},
                            {"Status", build.succeeded ? "Completed" : "Error"},
                            {"CreatedSince", humanAge(build.started / 1'000'000'000, nowNanoseconds() / 1'000'000'000)},
                            {"CreatedAt", rfc3339(build.started)},
                            {"Duration", humanDuration(std::chrono::nanoseconds(build.duration))},
                            {"Steps", std::to_string(build.stepCount)},
                            {"Cached", std::to_string(build.hitCount)},
                            {"Name", namesOf(build)},
                            {"Image", build.image ? build.image.shortHex() : ""},
                            {"Context", printable(build.context)},
                            {"Dockerfile", printable(build.dockerfile)},
                            {"Cache", printable(build.origin)}};
}

llvm::Expected<int> listBuilds(const ListOptions& options, Session& session) {
  auto journal = session.journal();
  if (!journal) return journal.takeError();
  using Imported = builder::Journal::Imported;
  auto builds = (*journal)->list(options.last, options.imported ? Imported::Yes : Imported::No);
  if (!builds) return builds.takeError();
  Listing listing;
  listing.fields = {
      {"ID", "BUILD ID"},       {"Status", "STATUS"},   {"CreatedSince", "CREATED"},  {"CreatedAt", "CREATED AT"},
      {"Duration", "DURATION"}, {"Steps", "STEPS"},     {"Cached", "CACHED"},         {"Name", "NAME"},
      {"Image", "IMAGE ID"},    {"Context", "CONTEXT"}, {"Dockerfile", "DOCKERFILE"}, {"Cache", "CACHE"}};
  listing.columns = {"ID", "Status", "CreatedSince", "Duration", "Steps", "Cached", "Name", "Image", "Context"};
  if (options.imported) listing.columns.push_back("Cache");
  for (const Build& build : *builds) {
    if (options.quiet) session.out() << build.id << "\n";
    listing.rows.push_back(rowOf(build));
  }
  if (options.quiet) return 0;
  if (llvm::Error error = printListing(listing, options.format, session.out())) return error;
  return 0;
}

struct ShowOptions {
  std::string format;
};

std::string stepsTable(const Build& build, llvm::ArrayRef<analyzer::StepReason> reasons) {
  std::vector<std::vector<std::string>> rows{{"#", "OUTCOME", "TIME", "LINE", "STEP", "REASON"}};
  for (auto [step, reason] : llvm::zip(build.steps, reasons))
    rows.push_back({std::to_string(step.index + 1), nameOf(step.outcome).str(),
                    humanDuration(std::chrono::nanoseconds(step.duration)),
                    step.firstLine == 0 ? "" : std::to_string(step.firstLine), printable(step.name),
                    step.error.empty() ? summaryOf(reason, build) : printable(step.error)});
  return table(rows);
}

void printBuild(const Build& build, llvm::ArrayRef<analyzer::StepReason> reasons, llvm::raw_ostream& out) {
  out << "Build:       " << build.id << "\n"
      << "Status:      " << (build.succeeded ? "Completed" : "Error") << "\n"
      << "Started:     " << rfc3339(build.started) << "\n"
      << "Duration:    " << humanDuration(std::chrono::nanoseconds(build.duration)) << "\n"
      << "Context:     " << printable(build.context) << "\n"
      << "Dockerfile:  " << printable(build.dockerfile) << "\n";
  if (!build.target.empty()) out << "Target:      " << printable(build.target) << "\n";
  if (std::string names = namesOf(build); !names.empty()) out << "Names:       " << names << "\n";
  if (!build.origin.empty()) out << "Cache:       " << printable(build.origin) << "\n";
  if (build.image) out << "Image:       " << build.image.str() << "\n";
  out << "Cached:      " << build.hitCount << " of " << build.stepCount << " steps\n\n" << stepsTable(build, reasons);
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
    return fault(FaultKind::Invalid, "unknown format '" + options.format + "'; there is json");
  auto journal = session.journal();
  if (!journal) return journal.takeError();
  auto build = (*journal)->load(arguments.empty() ? "last" : arguments[0]);
  if (!build) return build.takeError();
  if (options.format == "json") {
    session.out() << printPrettyJson(builder::toJson(*build)) << "\n";
    return 0;
  }
  auto trees = session.trees();
  if (!trees) return trees.takeError();
  auto reasons = analyzer::reasonsFor(*build, **journal, **trees);
  if (!reasons) return reasons.takeError();
  printBuild(*build, *reasons, session.out());
  return 0;
}

}  // namespace

Command buildsListCommand() {
  return {.name = "ls",
          .usage = "[OPTIONS]",
          .description = "List past builds, newest first",
          .minimum = 0,
          .maximum = 0,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<ListOptions>();
            declared.text("--format", options->format, "'table', 'table TEMPLATE', 'json' or a Go template");
            declared.number("-n,--last", options->last, "How many to list (default 50)");
            declared.flag("-q,--quiet", options->quiet, "Show ids alone");
            declared.flag("--imported", options->imported, "List builds of other machines, read in shared caches, too");
            return [options](Session& session, const Arguments&) { return listBuilds(*options, session); };
          }};
}

Command buildsShowCommand() {
  return {.name = "show",
          .usage = "[OPTIONS] [BUILD]",
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
