#include "cli/build_options.h"
#include "cli/build_view.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/image_lookup.h"
#include "cli/session.h"
#include "support/bytes.h"
#include "support/fault.h"

#include <llvm/ADT/StringExtras.h>

#include <unistd.h>

namespace strata::cli {

namespace {

/// The excerpts stay as they are; the last line, which says what is wrong, follows the prefix that all errors get.
/// Excerpts end with a rule of hyphens (spec ERR-2).
llvm::Error withExcerptApart(llvm::Error error, llvm::raw_ostream& out) {
  constexpr llvm::StringLiteral kRule = "--------------------\n";
  FaultKind kind = kindOf(error);
  std::string message = messageOf(std::move(error));
  size_t rule = llvm::StringRef(message).rfind(kRule);
  if (rule == llvm::StringRef::npos) return fault(kind, message);
  size_t cause = rule + kRule.size();
  out << llvm::StringRef(message).take_front(cause);
  return fault(kind, "failed to solve: " + llvm::StringRef(message).drop_front(cause));
}

llvm::Expected<int> plan(const BuildOptions& options, const builder::BuildRequest& request, Session& session) {
  auto store = session.store();
  if (!store) return store.takeError();
  auto text = builder::describePlan(request, **store, options.plan);
  if (!text) return withExcerptApart(text.takeError(), session.err());
  session.out() << *text;
  return 0;
}

llvm::Expected<int> build(const BuildOptions& options, Session& session, const Arguments& arguments) {
  auto request = requestFor(options, arguments[0]);
  if (!request) return request.takeError();
  bool reads = request->context == "-" || request->dockerfile == "-";
  if (reads && isTerminal(STDIN_FILENO))
    return fault(FaultKind::Invalid, "standard input is a terminal: redirect a Dockerfile or a tar to it");
  FdSink output(STDOUT_FILENO);
  request->output = &output;
  FdSource input(STDIN_FILENO);
  if (reads) request->input = &input;
  if (!options.plan.empty()) return plan(options, *request, session);
  if (::geteuid() != 0)
    return fault(
        FaultKind::Unsupported,
        "not yet supported: building as an ordinary user, who may neither mount nor give files to others; run it "
        "as root (sudo strata build ...)");

  auto view = makeBuildView(options.progress, options.quiet, session.err());
  if (!view) return view.takeError();
  auto store = session.store();
  if (!store) return store.takeError();
  auto result = builder::build(*request, **store, **view, session.cancel());
  if (result) {
    if (result->image) (*view)->onNotice("writing image " + result->image.str());
    for (const std::string& name : result->names) (*view)->onNotice("naming to " + name);
  }
  (*view)->close();
  if (!result) return withExcerptApart(result.takeError(), session.err());
  if (llvm::Error error = writeResultFiles(options.outputs, *result)) return error;
  if (options.quiet && result->image) session.out() << result->image.str() << "\n";
  return 0;
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
          .errorPrefix = "ERROR: "};
}

}  // namespace strata::cli
