#include "cli/build_options.h"

#include "analyzer/secrets/hidden_values.h"
#include "builder/sources/git_reference.h"
#include "layerfs/platform.h"
#include "registry/reference.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <cstdlib>

namespace strata::cli {

namespace {
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
    return fault(FaultKind::Invalid,
                 "network mode \"" + options.network + "\" is not supported: default, none or host");
  if (options.noCache && !options.noCacheFilters.empty())
    return fault(FaultKind::Invalid, "--no-cache and --no-cache-filter cannot be used together");
  if (!options.policies.empty())
    return fault(FaultKind::Unsupported,
                 "--policy: strata has no source policies; pin what a Dockerfile takes by digest and checksum");
  return llvm::Error::success();
}

/// PLAT-1: each flag names one platform or several, with commas.
llvm::Expected<std::vector<layerfs::Platform>> platformsFrom(llvm::ArrayRef<std::string> texts) {
  std::vector<layerfs::Platform> platforms;
  for (llvm::StringRef text : texts) {
    llvm::SmallVector<llvm::StringRef> parts;
    text.split(parts, ',');
    for (llvm::StringRef part : parts) {
      auto platform = layerfs::parsePlatform(part.trim());
      if (!platform) return withContext(platform.takeError(), "--platform");
      platforms.push_back(std::move(*platform));
    }
  }
  return platforms;
}

/// A context behind ssh is fetched with the user's own agent, unless --ssh says which.
llvm::Error offerAgentFor(const builder::BuildRequest& request, builder::RunSettings& settings) {
  const char* agent = ::getenv("SSH_AUTH_SOCK");
  if (!settings.ssh.empty() || !agent || !*agent || pathExists(request.context)) return llvm::Error::success();
  auto git = builder::parseGitReference(request.context, builder::GitForm::Context);
  if (!git) return llvm::consumeError(git.takeError()), llvm::Error::success();  // whoever opens it says so
  if (!*git || (*git)->transport != builder::GitReference::Transport::Ssh) return llvm::Error::success();
  auto source = builder::parseSsh("default");
  if (!source) return source.takeError();
  settings.ssh.push_back(std::move(*source));
  return llvm::Error::success();
}
llvm::Error readCacheOptions(const BuildOptions& options, builder::BuildRequest& request) {
  request.caches.forOthers = analyzer::withMarks;
  for (const std::string& text : options.cacheFrom) {
    auto place = builder::parseCacheSource(text);
    if (!place) return place.takeError();
    request.caches.from.push_back(std::move(*place));
  }
  bool isInline = false;
  for (const std::string& text : options.cacheTo) {
    auto target = builder::parseCacheTarget(text);
    if (!target) return target.takeError();
    isInline |= target->place.type == builder::CacheType::Inline;
    request.caches.to.push_back(std::move(*target));
  }
  auto given = request.buildArgs.find("BUILDKIT_INLINE_CACHE");
  if (!isInline && given != request.buildArgs.end() && booleanOf(given->second).value_or(false))
    request.caches.to.push_back({.place = {.type = builder::CacheType::Inline}});
  return llvm::Error::success();
}
}  // namespace

llvm::Expected<builder::BuildRequest> requestFor(const BuildOptions& options, llvm::StringRef context) {
  if (llvm::Error error = checkOptions(options)) return error;
  builder::BuildRequest request;
  request.context = context.str();
  request.dockerfile = options.file;
  request.target = options.target;
  auto platforms = platformsFrom(options.platforms);
  if (!platforms) return platforms.takeError();
  request.platforms = std::move(*platforms);
  request.noCache = options.noCache;
  for (llvm::StringRef filter : options.noCacheFilters)
    for (; !filter.empty(); filter = filter.split(',').second)
      request.noCacheStages.push_back(filter.split(',').first.trim().str());
  request.pull = options.pull;
  request.traceReads = options.traceReads;
  request.network = options.network;
  addBuildArg("SOURCE_DATE_EPOCH", request.buildArgs);
  for (const std::string& text : options.buildArgs) addBuildArg(text, request.buildArgs);
  for (llvm::StringRef text : options.labels) {
    auto [name, value] = text.split('=');
    request.labels.emplace_back(name.str(), value.str());
  }
  for (const std::string& text : options.addHosts) {
    auto line = hostLineOf(text);
    if (!line) return line.takeError();
    request.extraHosts.push_back(std::move(*line));
  }
  for (const std::string& text : options.secrets) {
    auto secret = builder::parseSecret(text);
    if (!secret) return secret.takeError();
    request.secrets.add(std::move(*secret));
  }
  auto settings = runSettingsFor(options.resources);
  if (!settings) return settings.takeError();
  if (llvm::Error error = offerAgentFor(request, *settings)) return error;
  request.run = std::move(*settings);
  auto entitlements = entitlementsOf(options.resources);
  if (!entitlements) return entitlements.takeError();
  request.entitlements = std::move(*entitlements);
  if (llvm::Error error = readOutputOptions(options.outputs, request)) return error;
  if (llvm::Error error = readCacheOptions(options, request)) return error;
  for (const std::string& text : options.contexts)
    if (llvm::Error error = request.contexts.add(text)) return error;
  return request;
}

namespace {
/// docker's flags that strata does not have yet, and those that mean nothing without a daemon (spec CLI-2, CLI-8).
void declareOthers(Options& declared) {
  for (const char* name : {"--builder"}) declared.later(name, true);
  for (const char* name : {"--compress", "--rm", "--force-rm", "--disable-content-trust"})
    declared.ignored(name, false);
  for (const char* name : {"--isolation", "--security-opt"}) declared.ignored(name, true);
}
}  // namespace

void declareBuildOptions(Options& declared, BuildOptions& options) {
  declared.list("--add-host", options.addHosts, "Add a line to /etc/hosts of RUN steps (name:ip)");
  declared.flag("--assert-cached", options.assertCached,
                "Exit with 3 and say why if a step did not come from the cache");
  declared.list("--build-arg", options.buildArgs, "Set a build-time variable (NAME=VALUE, or NAME from our own)");
  declared.list("--build-context", options.contexts,
                "Further files under a name: NAME=DIRECTORY, docker-image://REF, oci-layout://PATH, git or URL");
  declared.list("--cache-from", options.cacheFrom,
                "Take steps from a shared cache: REF, type=registry,ref=REF or type=local,src=DIRECTORY");
  declared.list("--cache-to", options.cacheTo,
                "Add to a shared cache: the same with dest=DIRECTORY, or type=inline; mode=max: every step's layer");
  declared.text("--call", options.call, "Answer instead of building: check, outline, targets or subrequests.describe",
                "METHOD[,format=json]");
  declared.flag("--check", options.check, "Look for what is allowed and seldom meant; the same as --call=check");
  declared.flag("-D,--debug", options.debug, "Explain every warning");
  declared.text("-f,--file", options.file, "The Dockerfile (default: PATH/Dockerfile; - for standard input)");
  declared.list("--label", options.labels, "Set metadata of the image");
  declared.text("--network", options.network, "Network of RUN steps: default, none or host");
  declared.flag("--no-cache", options.noCache, "Do every step again");
  declared.list("--no-cache-filter", options.noCacheFilters, "Do every step of these stages again (NAME[,NAME...])");
  declared.optionalText("--plan", options.plan, "text", "Print what would be done, and do nothing", "text|json|dot");
  declared.list("--platform", options.platforms,
                "Platforms of the result (the machine's own): OS/ARCH[/VARIANT], several with commas");
  declared.list("--policy", options.policies, "");
  declared.text("--progress", options.progress, "How progress is shown: auto, plain, tty, rawjson or quiet");
  declared.flag("--pull", options.pull, "Look for newer base images");
  declared.flag("-q,--quiet", options.quiet, "Print nothing but the image's id");
  declared.list("--secret", options.secrets,
                "Offer a secret to RUN --mount=type=secret (id=NAME,src=FILE or env=NAME)");
  declared.text("--simulate", options.simulate,
                "With --plan: how long it would take on so many cores, by the times of earlier builds",
                "CORES[,CORES...]");
  declared.text("--target", options.target, "The stage to build");
  declared.flag("--trace-reads", options.traceReads,
                "Write down which files each RUN opens (strata builds reads shows it)");
  declareOutputOptions(declared, options.outputs);
  declareResourceOptions(declared, options.resources);
  declareOthers(declared);
}

}  // namespace strata::cli
