#include "analyzer/bench/bench.h"

#include "analyzer/bench/bench_views.h"
#include "analyzer/bench/measured_program.h"
#include "analyzer/bench/peers.h"
#include "cli/bench_bases.h"
#include "cli/bench_directory.h"
#include "cli/bench_history.h"
#include "cli/build_errors.h"
#include "cli/build_options.h"
#include "cli/commands.h"
#include "cli/flag_fault.h"
#include "cli/options.h"
#include "cli/session.h"
#include "support/clean_path.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/output_file.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/Support/Path.h>

#include <filesystem>

namespace strata::cli {

namespace {

struct BenchOptions {
  BuildOptions build;
  std::vector<std::string> workloads, against;
  uint64_t rounds = 5, warmUp = 1;
  std::string touched, dependency, registry, directory, format = "text", html;
};

constexpr uint64_t kMostRounds = 1000;
constexpr llvm::StringLiteral kBenchFormats[] = {"text", "json", "markdown"};

bool namesOneInside(llvm::StringRef path) {
  llvm::SmallString<128> clean(path);
  llvm::sys::path::remove_dots(clean, true);
  return !path.starts_with("/") && !cleanPath(clean).empty() && *llvm::sys::path::begin(clean) != "..";
}

bool isInDirectory(const std::string& file) {
  std::error_code unknown;
  std::filesystem::path above = std::filesystem::path(file).parent_path();
  return std::filesystem::is_directory(above.empty() ? "." : above, unknown);
}

llvm::Error checkOptions(const BenchOptions& options) {
  if (!llvm::is_contained(kBenchFormats, options.format))
    return unfitFlag("unknown format '" + printable(options.format) + "'; use text, json or markdown");
  if (options.rounds == 0 || options.rounds > kMostRounds)
    return unfitFlag("--rounds must be 1 to " + llvm::Twine(kMostRounds));
  if (options.warmUp > kMostRounds) return unfitFlag("--warm-up must be 0 to " + llvm::Twine(kMostRounds));
  if (options.build.file == "-") return unfitFlag("--file: a benchmark reads the Dockerfile many times; name a file");
  for (llvm::StringRef path : {options.touched, options.dependency})
    if (!path.empty() && !namesOneInside(path))
      return unfitFlag("'" + printable(path) +
                       "' is no file of the context: paths of files that change are relative to it and stay in it");
  if (!options.html.empty() && !isInDirectory(options.html))
    return unfitFlag("--html: no file can be made at " + printable(options.html) + ": its directory is not there");
  if (auto error = analyzer::peersFrom(options.against).takeError()) return asFlagFault(std::move(error));
  if (auto error = analyzer::workloadsFrom(options.workloads).takeError()) return asFlagFault(std::move(error));
  return llvm::Error::success();
}

llvm::Expected<std::string> contextDirectory(const std::string& written) {
  std::error_code unknown;
  std::string path = std::filesystem::canonical(written, unknown).string();
  if (unknown || !std::filesystem::is_directory(path, unknown))
    return fault(FaultKind::Invalid, "the context " + printable(written) +
                                         " is no directory here, which a benchmark needs to change files in a copy");
  return path;
}

std::string directoryFor(const BenchOptions& options, const Session& session) {
  if (options.directory.empty()) return placeBeside(session.root());
  return std::filesystem::absolute(options.directory).string();
}

analyzer::BuildFlags flagsOf(const BuildOptions& build) {
  analyzer::BuildFlags flags{.target = build.target,
                             .network = build.network == "default" ? "" : build.network,
                             .platforms = build.platforms,
                             .buildArgs = build.buildArgs,
                             .secrets = build.secrets,
                             .ssh = build.resources.ssh};
  if (!build.file.empty()) flags.dockerfile = std::filesystem::absolute(build.file).string();
  return flags;
}

llvm::Expected<analyzer::BenchRequest> benchRequest(const BenchOptions& options, const std::string& directory,
                                                    const std::string& context, Session& session) {
  auto build = requestFor(options.build, context);
  if (!build) return asFlagFault(build.takeError());
  auto workloads = analyzer::workloadsFrom(options.workloads);
  if (!workloads) return workloads.takeError();
  analyzer::BenchRequest request{.directory = directory,
                                 .globals = session.mountOptions(),
                                 .context = context,
                                 .flags = flagsOf(options.build),
                                 .workloads = std::move(*workloads),
                                 .rounds = unsigned(options.rounds),
                                 .warmUp = unsigned(options.warmUp),
                                 .touched = cleanPath(options.touched),
                                 .dependency = cleanPath(options.dependency),
                                 .peers = options.against,
                                 .registry = options.registry};
  std::string archive = joinPath(directory, "bases.tar");
  auto taken = takeBases(*build, directory, archive, session);
  if (!taken) return taken.takeError();
  if (request.touched.empty()) {
    auto changed = changedFilesOf(context, session);
    if (!changed) return changed.takeError();
    request.changedFiles = std::move(*changed);
  }
  session.closeStore();  // nobody waits for us while builds run
  request.bases = std::move(taken->bases);
  if (taken->hasArchive) request.basesArchive = archive;
  return request;
}

/// What a build said stands for itself; its status is ours.
llvm::Expected<int> showFailure(llvm::Error error, Session& session) {
  int status = 0;
  llvm::Error other = llvm::handleErrors(std::move(error), [&](const analyzer::ProgramFailed& failed) {
    session.err() << failed.run().output << "Error: " << failed.text() << "\n";
    status = failed.run().exitCode;
  });
  if (other) return showExcerpts(std::move(other), session.err());
  return status;
}

std::string printed(const analyzer::BenchReport& report, llvm::StringRef format) {
  if (format == "json") return printPrettyJson(analyzer::toJson(report)) + "\n";
  return format == "markdown" ? analyzer::benchMarkdown(report) : analyzer::printBench(report);
}

llvm::Expected<int> bench(const BenchOptions& options, Session& session, const Arguments& arguments) {
  if (auto error = checkOptions(options)) return error;
  auto context = contextDirectory(arguments.empty() ? "." : arguments[0]);
  if (!context) return context.takeError();
  const CancelToken& cancel = session.cancel();
  auto tell = [&](const std::string& line) { session.err() << line << "\n"; };
  auto directory = BenchDirectory::make(directoryFor(options, session), tell);
  if (!directory) return directory.takeError();
  auto request = benchRequest(options, directory->path(), *context, session);
  if (!request) return showExcerpts(request.takeError(), session.err());
  auto report = analyzer::runBench(*request, tell, cancel);
  if (!report) return showFailure(report.takeError(), session);
  session.out() << printed(*report, options.format);
  session.out().flush();  // what took so long to measure is not lost with the page
  if (options.html.empty()) return 0;
  auto write = [&](ByteSink& sink) { return sink.write(analyzer::benchHtml(*report)); };
  if (auto error = writeOutput(options.html, 0666, write)) return error;
  return 0;
}

void declareBuild(Options& declared, BuildOptions& build) {
  declared.list("--build-arg", build.buildArgs, "Set a build-time variable (NAME=VALUE, or NAME from our own)");
  declared.text("-f,--file", build.file, "The Dockerfile (default: CONTEXT/Dockerfile)");
  declared.ignored("--isolation", true);
  declared.text("--network", build.network, "Network of RUN steps: default, none or host");
  declared.list("--platform", build.platforms, "Platform of the result (the machine's own): OS/ARCH[/VARIANT]");
  declared.list("--secret", build.secrets, "Offer a secret to RUN --mount=type=secret (id=NAME,src=FILE or env=NAME)");
  declared.list("--ssh", build.resources.ssh, "Offer an ssh agent to RUN --mount=type=ssh (default, or ID=SOCKET)");
  declared.text("--target", build.target, "The stage to build");
}

Action declareBench(Options& declared) {
  auto options = std::make_shared<BenchOptions>();
  declareBuild(declared, options->build);
  declared.list(
      "--against", options->against,
      "Measure these on the same work, in turn: docker, buildx, buildah, podman; all: those that are installed");
  declared.text("--dependency", options->dependency,
                "The file that names dependencies, in the context (default: the lock file, or the list)", "path");
  declared.text("--directory", options->directory, "Work below this directory (default: beside the store)",
                "directory");
  declared.text("--format", options->format, "What is printed: text, json or markdown");
  declared.text("--html", options->html, "Write a page with a plot, too", "file");
  declared.text("--registry", options->registry,
                "Push there, and leave it there (default: a docker-registry of our own)", "HOST[/NAME]");
  declared.number("-n,--rounds", options->rounds, "How often each workload is measured (default 5)");
  declared.text("--touch", options->touched,
                "The file that changes, in the context (default: the one that changed in most commits)", "path");
  declared.number("--warm-up", options->warmUp, "How many rounds before do not count (default 1)");
  declared.list("--workload", options->workloads, "Only these: cold, no-op, file, dependency, base-moved, fresh, push");
  return [options](Session& session, const Arguments& arguments) { return bench(*options, session, arguments); };
}

}  // namespace

Command benchCommand() {
  return {.name = "bench",
          .usage = "[OPTIONS] [CONTEXT]",
          .description = "Measure the build of a directory: cold, unchanged, after changes, elsewhere, pushed",
          .minimum = 0,
          .maximum = 1,
          .declare = declareBench,
          .errorPrefix = "ERROR: "};
}

}  // namespace strata::cli
