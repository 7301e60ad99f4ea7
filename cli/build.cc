#include "cli/build_call.h"
#include "cli/build_errors.h"
#include "cli/build_options.h"
#include "cli/build_plan.h"
#include "cli/build_view.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/flag_fault.h"
#include "cli/image_events.h"
#include "cli/image_lookup.h"
#include "cli/session.h"
#include "cli/why_view.h"
#include "support/bytes.h"
#include "support/fault.h"
#include "support/http.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

#include <unistd.h>

namespace strata::cli {

namespace {

llvm::Expected<int> assertAllCached(const std::string& buildId, Session& session) {
  auto build = findBuild(buildId, session);
  if (!build) return build.takeError();
  auto explained = explain(std::move(*build), session);
  if (!explained) return explained.takeError();
  hideSecrets(*explained);
  return assertCached(*explained, session.err());
}

void tellNames(Session& session, const builder::BuildResult& result) {
  std::string id = result.image.str();
  for (const std::string& name : result.names)
    result.labels ? tellImage(session, "tag", id, name, *result.labels) : tellImage(session, "tag", id, name);
}

llvm::Expected<int> build(const BuildOptions& options, Session& session, const Arguments& arguments) {
  auto request = requestFor(options, arguments[0]);
  if (!request) return asFlagFault(request.takeError());
  bool reads = request->context == "-" || request->dockerfile == "-";
  if (reads && isTerminal(STDIN_FILENO))
    return fault(FaultKind::Invalid, "standard input is a terminal: redirect a Dockerfile or a tar to it");
  FdSink output(STDOUT_FILENO);
  request->output = &output;
  request->registry = &session.registry();
  FdSource input(STDIN_FILENO);
  if (reads) request->input = &input;
  auto call = parseCall(options.check ? "check" : options.call);
  if (!call) return asFlagFault(call.takeError());
  if (call->method != "build") return answerCall(*call, *request, session);
  if (!options.plan.empty()) return printBuildPlan(options, *request, session);
  if (!options.simulate.empty())
    return unfitFlag("--simulate replays recorded times over a plan: say build --plan --simulate CORES");
  bool pushes = llvm::any_of(request->outputs, [](const auto& output) { return output.image.push; });
  std::optional<HttpPreparation> http;
  if (pushes || !request->caches.from.empty() || !request->caches.to.empty()) http.emplace();
  auto view = makeBuildView(options.progress, options.quiet, session.err());
  if (!view) return asFlagFault(view.takeError());
  if (options.debug) (*view)->expandWarnings();
  auto store = session.store();
  if (!store) return store.takeError();
  session.showTransfers(view->get());
  auto result = builder::build(*request, **store, **view, session.cancel());
  session.showTransfers(nullptr);
  if (result) {
    if (result->image) (*view)->onNotice("writing image " + result->image.str());
    for (const std::string& name : result->names) (*view)->onNotice("naming to " + name);
  }
  (*view)->close();
  if (!result) return showExcerpts(result.takeError(), session.err());
  tellNames(session, *result);
  if (llvm::Error error = writeResultFiles(options.outputs, *result)) return error;
  if (options.quiet && result->image) session.out() << result->image.str() << "\n";
  return options.assertCached ? assertAllCached(result->buildId, session) : 0;
}

Action declareBuild(Options& declared) {
  auto options = std::make_shared<BuildOptions>();
  declareBuildOptions(declared, *options);
  return [options](Session& session, const Arguments& arguments) { return build(*options, session, arguments); };
}

}  // namespace

Command buildCommand() {
  return {.name = "build",
          .usage = "[OPTIONS] PATH | -",
          .description = "Build an image from a Dockerfile",
          .minimum = 1,
          .maximum = 1,
          .declare = declareBuild,
          .errorPrefix = "ERROR: ",
          .transfers = true};
}

}  // namespace strata::cli
