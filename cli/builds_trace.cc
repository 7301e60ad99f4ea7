#include "analyzer/history/trace.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/session.h"
#include "cli/why_view.h"
#include "support/files.h"
#include "support/text.h"

namespace strata::cli {

namespace {

struct TraceOptions {
  std::string output;
};

llvm::Expected<int> traceBuild(const TraceOptions& options, Session& session, const Arguments& arguments) {
  auto build = findBuild(arguments.empty() ? "last" : arguments[0], session);
  if (!build) return build.takeError();
  auto explained = explain(std::move(*build), session);
  if (!explained) return explained.takeError();
  hideSecrets(*explained);
  std::string text = printJson(analyzer::traceOf(explained->build, explained->reasons)) + "\n";
  if (options.output.empty() || options.output == "-") {
    session.out() << text;
    return 0;
  }
  if (llvm::Error error = writeFileAtomically(options.output, text)) return error;
  return 0;
}

}  // namespace

Command buildsTraceCommand() {
  return {.name = "trace",
          .usage = "[OPTIONS] [BUILD|IMAGE]",
          .description = "Print a build as trace events, for ui.perfetto.dev or chrome://tracing",
          .minimum = 0,
          .maximum = 1,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<TraceOptions>();
            declared.text("-o,--output", options->output, "Write to this file instead of standard output", "file");
            return [options](Session& session, const Arguments& arguments) {
              return traceBuild(*options, session, arguments);
            };
          }};
}

}  // namespace strata::cli
