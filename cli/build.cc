#include "builder/build.h"
#include "cli/build_view.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/image_lookup.h"
#include "cli/options.h"
#include "cli/session.h"
#include "layerfs/descriptor.h"
#include "registry/reference.h"
#include "support/bytes.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

#include <unistd.h>
#include <cstdlib>

namespace strata::cli {

namespace {

struct BuildOptions {
  std::vector<std::string> tags, buildArgs, labels, addHosts;
  std::string file, target, progress, network = "default", platform, iidFile, metadataFile, plan, provenance, sbom,
                                      isolation;
  bool noCache = false, pull = false, quiet = false, load = false;
};

/// docker takes both "name:ip" and "name=ip", the address perhaps in brackets.
llvm::Expected<std::string> hostLine(llvm::StringRef text) {
  char separator = text.contains('=') ? '=' : ':';
  auto [name, address] = text.split(separator);
  if (name.empty() || address.empty()) return fault(FaultKind::Invalid, "bad format for add-host: \"" + text + "\"");
  if (address == "host-gateway")
    return fault(FaultKind::Unsupported, "not yet supported: --add-host with host-gateway");
  if (address.consume_front("[")) address.consume_back("]");
  return (name + ":" + address).str();
}

/// NAME=VALUE, or NAME alone for our own variable of that name; one that we do not have is not passed.
void addBuildArg(llvm::StringRef text, std::map<std::string, std::string>& buildArgs) {
  auto [name, value] = text.split('=');
  if (text.contains('='))
    buildArgs[name.str()] = value.str();
  else if (const char* ours = ::getenv(name.str().c_str()))
    buildArgs[name.str()] = ours;
}

llvm::Error checkOptions(const BuildOptions& options) {
  if (!llvm::is_contained({"default", "none", "host"}, options.network))
    return fault(FaultKind::Unsupported,
                 "not yet supported: --network " + options.network + " (default, none or host)");
  if (!options.platform.empty()) {
    auto platform = layerfs::parsePlatform(options.platform);
    if (!platform) return platform.takeError();
    if (*platform != layerfs::hostPlatform())
      return fault(FaultKind::Unsupported, "not yet supported: --platform " + options.platform + " on a " +
                                               layerfs::hostPlatform().str() + " machine");
  }
  for (const std::string* attestation : {&options.provenance, &options.sbom})
    if (!attestation->empty() && *attestation != "false")
      return fault(FaultKind::Unsupported, "not yet supported: --provenance and --sbom other than false");
  return llvm::Error::success();
}

llvm::Expected<builder::BuildRequest> requestFor(const BuildOptions& options, llvm::StringRef context) {
  if (llvm::Error error = checkOptions(options)) return error;
  builder::BuildRequest request;
  request.context = context.str();
  request.dockerfile = options.file;
  request.target = options.target;
  request.noCache = options.noCache;
  request.pull = options.pull;
  request.network = options.network;
  addBuildArg("SOURCE_DATE_EPOCH", request.buildArgs);
  for (const std::string& text : options.buildArgs) addBuildArg(text, request.buildArgs);
  for (llvm::StringRef text : options.labels) {
    auto [name, value] = text.split('=');
    request.labels.emplace_back(name.str(), value.str());
  }
  for (const std::string& text : options.addHosts) {
    auto line = hostLine(text);
    if (!line) return line.takeError();
    request.extraHosts.push_back(std::move(*line));
  }
  for (const std::string& tag : options.tags) {
    auto name = registry::parseReference(tag);
    if (!name) return withContext(name.takeError(), "invalid tag \"" + tag + "\"");
    if (name->digest) return fault(FaultKind::Invalid, "invalid tag \"" + tag + "\": a tag cannot be a digest");
    request.tags.push_back(name->canonical());
  }
  return request;
}

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

/// docker's flags that strata does not have yet, and those that mean nothing without a daemon (spec CLI-2, CLI-8).
void declareOthers(Options& declared, BuildOptions& options) {
  for (const char* name : {"--allow",       "--annotation",    "--attest",        "--build-context",
                           "--cache-from",  "--cache-to",      "--cgroup-parent", "--no-cache-filter",
                           "-o,--output",   "--policy",        "--resource",      "--secret",
                           "--shm-size",    "--ssh",           "--ulimit",        "-m,--memory",
                           "--memory-swap", "-c,--cpu-shares", "--cpu-period",    "--cpu-quota",
                           "--cpuset-cpus", "--cpuset-mems",   "--call",          "--builder"})
    declared.later(name, true);
  for (const char* name : {"--push", "--check", "--squash"}) declared.later(name, false);
  for (const char* name : {"--compress", "--rm", "--force-rm", "--disable-content-trust", "-D,--debug"})
    declared.ignored(name, false);
  for (const char* name : {"--isolation", "--security-opt"}) declared.ignored(name, true);
  declared.optionalText("--provenance", options.provenance, "true", "");
  declared.optionalText("--sbom", options.sbom, "true", "");
  declared.flag("--load", options.load, "");
}

Action declareBuild(Options& declared) {
  auto options = std::make_shared<BuildOptions>();
  declared.list("--add-host", options->addHosts, "Add a line to /etc/hosts of RUN steps (name:ip)");
  declared.list("--build-arg", options->buildArgs, "Set a build-time variable (NAME=VALUE, or NAME from our own)");
  declared.text("-f,--file", options->file, "The Dockerfile (default: PATH/Dockerfile; - for standard input)");
  declared.text("--iidfile", options->iidFile, "Write the image's id to a file");
  declared.list("--label", options->labels, "Set metadata of the image");
  declared.text("--metadata-file", options->metadataFile, "Write the result's digests to a JSON file");
  declared.text("--network", options->network, "Network of RUN steps: default, none or host");
  declared.flag("--no-cache", options->noCache, "Do every step again");
  declared.optionalText("--plan", options->plan, "text", "Print what would be done, and do nothing", "text|json|dot");
  declared.text("--platform", options->platform, "Platform of the result (the machine's own)");
  declared.text("--progress", options->progress, "How progress is shown: auto, plain, tty or quiet");
  declared.flag("--pull", options->pull, "Look for newer base images");
  declared.flag("-q,--quiet", options->quiet, "Print nothing but the image's id");
  declared.list("-t,--tag", options->tags, "Name of the image (NAME:TAG); may be given several times");
  declared.text("--target", options->target, "The stage to build");
  declareOthers(declared, *options);
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
