#include "cli/builds_view.h"
#include "cli/commands.h"
#include "cli/listing.h"
#include "cli/options.h"
#include "cli/session.h"
#include "support/duration_text.h"
#include "support/text.h"

namespace strata::cli {

namespace {

using builder::Build;

struct ListBuildsOptions {
  std::string format;
  uint64_t last = 50;
  bool quiet = false, imported = false;
};

llvm::json::Object rowOf(const Build& build) {
  return llvm::json::Object{{"ID", build.id},
                            {"Status", build.succeeded ? "Completed" : "Error"},
                            {"CreatedSince", humanAge(build.started / 1'000'000'000, nowNanoseconds() / 1'000'000'000)},
                            {"CreatedAt", rfc3339(build.started)},
                            {"Duration", durationText(build.duration)},
                            {"Steps", std::to_string(build.stepCount)},
                            {"Cached", std::to_string(build.hitCount)},
                            {"Name", namesOf(build)},
                            {"Image", build.image ? build.image.shortHex() : ""},
                            {"Context", printable(build.context)},
                            {"Dockerfile", printable(build.dockerfile)},
                            {"Cache", printable(build.origin)}};
}

llvm::Expected<int> listBuilds(const ListBuildsOptions& options, Session& session) {
  auto journal = session.journal();
  if (!journal) return journal.takeError();
  using Imported = builder::Journal::Imported;
  auto builds = (*journal)->list(options.last, options.imported ? Imported::Yes : Imported::No);
  if (!builds) return builds.takeError();
  Listing listing;
  listing.fields = {
      {"ID", "BUILD ID"},       {"Status", "STATUS"},   {"CreatedSince", "CREATED"},  {"CreatedAt", "CREATED AT"},
      {"Duration", "DURATION"}, {"Steps", "STEPS"},     {"Cached", "CACHED"},         {"Name", "NAME"},
      {"Image", "IMAGE ID"},    {"Context", "CONTEXT"}, {"Dockerfile", "DOCKERFILE"}, {"Cache", "CAME FROM"}};
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

}  // namespace

Command buildsListCommand() {
  return {.name = "ls",
          .usage = "[OPTIONS]",
          .description = "List past builds, newest first",
          .minimum = 0,
          .maximum = 0,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<ListBuildsOptions>();
            declared.text("--format", options->format, "'table', 'table TEMPLATE', 'json' or a Go template");
            declared.number("-n,--last", options->last, "How many to list (default 50)");
            declared.flag("-q,--quiet", options->quiet, "Show ids alone");
            declared.flag("--imported", options->imported, "List builds of other machines, read in shared caches, too");
            return [options](Session& session, const Arguments&) { return listBuilds(*options, session); };
          }};
}

}  // namespace strata::cli
