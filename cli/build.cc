#include "cli/build_options.h"
#include "cli/build_view.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/image_lookup.h"
#include "cli/session.h"
#include "layerfs/descriptor.h"
#include "support/bytes.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/StringExtras.h>

#include <unistd.h>

namespace strata::cli {

namespace {

llvm::Error writeMetadata(const std::string& path, const builder::BuildRequest& request,
                          const builder::BuildResult& result) {
  llvm::json::Object document{
      {"buildx.build.ref", result.buildId},
      {"containerimage.config.digest", result.image.str()},
      {"containerimage.digest", result.manifest.str()},
      {"containerimage.descriptor", llvm::json::Object{{"mediaType", layerfs::media::kOciManifest.str()},
                                                       {"digest", result.manifest.str()},
                                                       {"size", int64_t(result.manifestSize)}}}};
  if (!request.tags.empty()) document["image.name"] = llvm::join(request.tags, ",");
  return writeFileAtomically(path, printPrettyJson(std::move(document)) + "\n");
}

llvm::Error writeResults(const BuildOptions& options, const builder::BuildRequest& request,
                         const builder::BuildResult& result, Session& session) {
  if (!options.iidFile.empty())
    if (llvm::Error error = writeFileAtomically(options.iidFile, result.image.str())) return error;
  if (!options.metadataFile.empty())
    if (llvm::Error error = writeMetadata(options.metadataFile, request, result)) return error;
  if (options.quiet) session.out() << result.image.str() << "\n";
  return llvm::Error::success();
}

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
    (*view)->onNotice("writing image " + result->image.str());
    for (const std::string& tag : request->tags) (*view)->onNotice("naming to " + tag);
  }
  (*view)->close();
  if (!result) return withExcerptApart(result.takeError(), session.err());
  if (llvm::Error error = writeResults(options, *request, *result, session)) return error;
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
