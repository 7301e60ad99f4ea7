#include "cli/commands.h"
#include "cli/console.h"
#include "cli/containers/run_mounts.h"
#include "cli/image_lookup.h"
#include "cli/image_pull.h"
#include "cli/options.h"
#include "cli/session.h"
#include "registry/pull.h"
#include "runtime/oci/oci_runtime.h"
#include "runtime/spec/container_spec.h"
#include "runtime/spec/emulation.h"
#include "support/fault.h"
#include "support/files.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

#include <unistd.h>
#include <cstdlib>
#include <random>

namespace strata::cli {

namespace {

/// docker's: the container could not be run, its program is not executable, its program is not there.
constexpr int kNotRun = 125, kNotExecutable = 126, kNoProgram = 127;
constexpr llvm::StringLiteral kDefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

struct RunOptions {
  bool remove = false, interactive = false, terminal = false, readOnly = false, privileged = false, quiet = false;
  std::vector<std::string> env, envFiles, addHosts, labels;
  std::optional<std::string> entrypoint;
  std::string workdir, name, network = "host", runtime, hostname, pull = "missing", platform;
  std::optional<std::string> user;
  MountTexts mounts;
};

std::string makeContainerId() {
  std::random_device random;
  std::array<uint8_t, 32> bytes;
  for (uint8_t& byte : bytes) byte = uint8_t(random());
  return llvm::toHex(bytes, /*LowerCase=*/true);
}

llvm::Error checkName(llvm::StringRef name) {
  auto inner = [](char c) { return llvm::isAlnum(c) || c == '_' || c == '.' || c == '-'; };
  if (name.empty() || (name.size() > 1 && llvm::isAlnum(name[0]) && llvm::all_of(name, inner)))
    return llvm::Error::success();
  return fault(FaultKind::Invalid, "Invalid container name (" + name + "), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed");
}

llvm::Expected<runtime::NetworkMode> networkFrom(llvm::StringRef text) {
  if (text == "host") return runtime::NetworkMode::Host;
  if (text == "none") return runtime::NetworkMode::None;
  return fault(FaultKind::Unsupported, "not yet supported: --network " + text + " (host or none)");
}

llvm::Error checkOptions(const RunOptions& options) {
  if (llvm::Error error = checkName(options.name)) return error;
  if (options.pull != "always" && options.pull != "missing" && options.pull != "never")
    return fault(FaultKind::Invalid,
                 "invalid pull option: '" + options.pull + "': must be one of \"always\", \"missing\" or \"never\"");
  if (!options.workdir.empty() && options.workdir.front() != '/')
    return fault(FaultKind::Invalid,
                 "the working directory '" + options.workdir + "' is invalid, it needs to be an absolute path");
  if (options.terminal && !isTerminal(STDIN_FILENO))
    return options.interactive
               ? fault(FaultKind::Invalid, "the input device is not a TTY")
               : fault(FaultKind::Unsupported, "not yet supported: -t without a terminal on standard input");
  return llvm::Error::success();
}

/// NAME=VALUE, or NAME alone for our own variable; one that we do not have is taken out.
void setVariable(layerfs::ImageConfig& config, llvm::StringRef text) {
  auto [name, value] = text.split('=');
  const char* ours = text.contains('=') ? nullptr : ::getenv(name.str().c_str());
  if (text.contains('='))
    config.setEnv(name, value);
  else if (ours)
    config.setEnv(name, ours);
  else
    llvm::erase_if(config.env, [&](llvm::StringRef pair) { return pair.split('=').first == name; });
}

/// docker's env file: one variable a line; empty lines and lines that begin with '#' are skipped, nothing is unquoted.
llvm::Error readEnvFile(const std::string& path, layerfs::ImageConfig& config) {
  auto text = readFile(path, 16 << 20);
  if (!text) return text.takeError();
  llvm::SmallVector<llvm::StringRef> lines;
  llvm::StringRef(*text).split(lines, '\n');
  for (llvm::StringRef line : lines) {
    line = line.rtrim('\r').ltrim(" \t");
    if (line.empty() || line.front() == '#') continue;
    llvm::StringRef name = line.split('=').first;
    if (name.empty()) return fault(FaultKind::Invalid, path + ": no variable name on line '" + line + "'");
    if (name.find_first_of(" \t") != llvm::StringRef::npos)
      return fault(FaultKind::Invalid, path + ": variable '" + name + "' contains whitespaces");
    setVariable(config, line);
  }
  return llvm::Error::success();
}

llvm::Expected<std::vector<std::string>> environmentFor(const RunOptions& options, const layerfs::ImageConfig& image,
                                                        llvm::StringRef hostname) {
  layerfs::ImageConfig config;  // for its way with variables
  config.env = {"PATH=" + kDefaultPath.str(), "HOSTNAME=" + hostname.str()};
  if (options.terminal) config.env.push_back("TERM=xterm");
  for (const std::string& pair : image.env) setVariable(config, pair);
  for (const std::string& path : options.envFiles)
    if (llvm::Error error = readEnvFile(path, config)) return error;
  for (const std::string& text : options.env) {
    if (text.empty() || text.front() == '=') return fault(FaultKind::Invalid, "invalid environment variable: " + text);
    setVariable(config, text);
  }
  return std::move(config.env);
}

/// Everything but what only the mounted root can tell.
llvm::Expected<runtime::ContainerSpec> specFor(const RunOptions& options, const layerfs::ImageConfig& image,
                                               const Arguments& command, llvm::StringRef id) {
  runtime::ContainerSpec spec;
  spec.argv = runtime::commandOf(image, command, options.entrypoint);
  if (spec.argv.empty()) return fault(FaultKind::Invalid, "no command specified");
  spec.hostname = options.hostname.empty() ? id.take_front(12).str() : options.hostname;
  auto env = environmentFor(options, image, spec.hostname);
  if (!env) return env.takeError();
  spec.env = std::move(*env);
  if (!options.workdir.empty())
    spec.workingDir = options.workdir;
  else if (!image.workingDir.empty())
    spec.workingDir = image.workingDir;
  spec.terminal = options.terminal;
  spec.readOnlyRoot = options.readOnly;
  spec.privileged = options.privileged;
  auto network = networkFrom(options.network);
  if (!network) return network.takeError();
  spec.network = *network;
  auto mounts = mountsFrom(options.mounts);
  if (!mounts) return mounts.takeError();
  spec.mounts = std::move(*mounts);
  for (llvm::StringRef text : options.addHosts) {
    auto [name, address] = text.split(text.contains('=') ? '=' : ':');
    if (name.empty() || address.empty()) return fault(FaultKind::Invalid, "bad format for add-host: \"" + text + "\"");
    spec.extraHosts.push_back((name + ":" + address).str());
  }
  return spec;
}

/// Of an image that was made here, for another platform, no registry has more.
bool mayBePulled(const registry::Reference& reference, llvm::StringRef platform, layerfs::Store& store) {
  auto wanted = platform.empty() ? layerfs::hostPlatform() : layerfs::parsePlatform(platform);
  auto stored = wanted ? registry::findStored(reference, *wanted, store) : wanted.takeError();
  if (stored) return !stored->other || !stored->madeHere;
  llvm::consumeError(stored.takeError());
  return false;
}

llvm::Expected<layerfs::Image> imageFor(const RunOptions& options, llvm::StringRef text, Session& session,
                                        layerfs::Store& store) {
  auto reference = registry::parseReference(text);
  if (options.pull != "always") {
    auto image = loadImage(store.images(), text, options.platform);
    bool pulls = !image && options.pull == "missing" && reference && mayBePulled(*reference, options.platform, store);
    if (!pulls) {
      if (!reference) llvm::consumeError(reference.takeError());
      return image;
    }
    llvm::Error error = image.takeError();
    if (kindOf(error) != FaultKind::NotFound) return error;
    llvm::consumeError(std::move(error));
    if (!options.quiet) session.err() << "Unable to find image '" << reference->familiar() << "' locally\n";
  }
  if (!reference) return reference.takeError();
  return pullImage(*reference, {.platform = options.platform, .quiet = options.quiet}, session, session.err());
}

/// The statuses by which docker tells its own failures from the program's.
llvm::Expected<int> statusOf(llvm::Expected<runtime::ExitStatus> ended, llvm::raw_ostream& err) {
  if (ended) return ended->code;
  llvm::Error error = ended.takeError();
  FaultKind kind = kindOf(error);
  if (kind != FaultKind::NotFound && kind != FaultKind::Denied) return error;
  err << "strata: " << messageOf(std::move(error)) << "\n";
  return kind == FaultKind::NotFound ? kNoProgram : kNotExecutable;
}

/// What the container writes goes into a draft that is thrown away at the end.
llvm::Expected<int> runContainer(const RunOptions& options, const layerfs::Image& image, runtime::ContainerSpec spec,
                                 const std::string& id, layerfs::Store& store, llvm::raw_ostream& err) {
  auto runtime = runtime::findOciRuntime(options.runtime);
  if (!runtime) return runtime.takeError();
  auto draft = store.layers().makeDraft();
  if (!draft) return draft.takeError();
  auto snapshotter = store.snapshotter();
  if (!snapshotter) return snapshotter.takeError();
  auto snapshot = (*snapshotter)->mount({.layers = image.layers, .draft = &*draft, .withMountPoints = true});
  if (!snapshot) return snapshot.takeError();
  auto identity = runtime::resolveIdentity(options.user.value_or(image.config.user), (*snapshot)->rootFd());
  if (!identity) return withContext(identity.takeError(), "container's user");
  spec.identity = std::move(*identity);
  return statusOf(runtime::runForeground(*runtime, spec, **snapshot,
                                         {.id = id,
                                          .bundleRoot = joinPath(store.staging(), "run-" + id),
                                          .interactive = options.interactive,
                                          .terminal = options.terminal}),
                  err);
}

llvm::Expected<int> run(const RunOptions& options, Session& session, const Arguments& arguments) {
  if (llvm::Error error = checkOptions(options)) return error;
  auto store = session.store();
  if (!store) return store.takeError();
  auto image = imageFor(options, arguments[0], session, **store);
  if (!image) return image.takeError();
  std::string id = makeContainerId();
  auto spec = specFor(options, image->config, {arguments.begin() + 1, arguments.end()}, id);
  if (!spec) return spec.takeError();
  if (llvm::Error error = runtime::prepareEmulation(image->config.platform, *spec)) return error;
  return runContainer(options, *image, std::move(*spec), id, **store, session.err());
}

void declareOthers(Options& declared) {
  for (const char* name : {"--annotation",
                           "-a,--attach",
                           "--cap-add",
                           "--cap-drop",
                           "--cgroup-parent",
                           "--cgroupns",
                           "--cidfile",
                           "--cpu-period",
                           "--cpu-quota",
                           "-c,--cpu-shares",
                           "--cpus",
                           "--cpuset-cpus",
                           "--cpuset-mems",
                           "--detach-keys",
                           "--device",
                           "--dns",
                           "--dns-option",
                           "--dns-search",
                           "--domainname",
                           "--expose",
                           "--gpus",
                           "--group-add",
                           "--health-cmd",
                           "--health-interval",
                           "--health-retries",
                           "--health-start-period",
                           "--health-timeout",
                           "--ip",
                           "--ipc",
                           "--label-file",
                           "--link",
                           "--log-driver",
                           "--log-opt",
                           "--mac-address",
                           "-m,--memory",
                           "--memory-reservation",
                           "--memory-swap",
                           "--network-alias",
                           "--pid",
                           "--pids-limit",
                           "-p,--publish",
                           "--restart",
                           "--security-opt",
                           "--shm-size",
                           "--stop-signal",
                           "--stop-timeout",
                           "--storage-opt",
                           "--sysctl",
                           "--ulimit",
                           "--userns",
                           "--uts",
                           "--volume-driver",
                           "--volumes-from"})
    declared.later(name, true);
  for (const char* name : {"-d,--detach", "--init", "-P,--publish-all", "--oom-kill-disable"})
    declared.later(name, false);
  for (const char* name : {"--no-healthcheck", "--sig-proxy", "--disable-content-trust"}) declared.ignored(name, false);
}

Action declareRun(Options& declared) {
  auto options = std::make_shared<RunOptions>();
  declared.list("--add-host", options->addHosts, "Add a line to /etc/hosts (name:ip)");
  declared.text("--entrypoint", options->entrypoint, "Replace the image's ENTRYPOINT (and drop its CMD)");
  declared.list("-e,--env", options->env, "Set an environment variable (NAME=VALUE, or NAME from our own)");
  declared.list("--env-file", options->envFiles, "Read environment variables from a file");
  declared.text("-h,--hostname", options->hostname, "The container's host name");
  declared.flag("-i,--interactive", options->interactive, "Give the container our standard input");
  declared.list("-l,--label", options->labels, "Metadata of the container (it is gone when it ends)");
  declared.list("--mount", options->mounts.mounts,
                "Mount: type=bind,src=HOST,dst=PATH[,readonly] or type=tmpfs,dst=PATH");
  declared.text("--name", options->name, "The container's name");
  declared.text("--net", options->network, "");
  declared.text("--network", options->network, "host or none (default host)");
  declared.text("--platform", options->platform, "Of an image of several platforms the one to run");
  declared.flag("--privileged", options->privileged, "All capabilities, no seccomp, nothing masked");
  declared.text("--pull", options->pull, "Download the image first: always, missing or never");
  declared.flag("-q,--quiet", options->quiet, "Do not show how an image is brought");
  declared.flag("--read-only", options->readOnly, "Mount the root file system read-only");
  declared.flag("--rm", options->remove, "Remove the container when it ends");
  declared.text("--runtime", options->runtime, "OCI runtime: a name or a path (default: crun or runc)");
  declared.list("--tmpfs", options->mounts.tmpfs, "Mount a tmpfs (PATH[:options])");
  declared.flag("-t,--tty", options->terminal, "Give the container a terminal");
  declared.text("-u,--user", options->user, "User of the process (NAME|UID[:GROUP|GID])");
  declared.list("-v,--volume", options->mounts.volumes, "Mount a host directory (HOST:PATH[:ro])");
  declared.text("-w,--workdir", options->workdir, "Working directory of the process");
  declareOthers(declared);
  return [options](Session& session, const Arguments& arguments) { return run(*options, session, arguments); };
}

}  // namespace

Command runCommand() {
  return {.name = "run",
          .usage = "[OPTIONS] IMAGE [COMMAND] [ARG...]",
          .description = "Run a program in a new container of an image",
          .minimum = 1,
          .maximum = -1,
          .declare = declareRun,
          .optionsFirst = true,
          .failure = kNotRun,
          .errorPrefix = "strata: ",
          .ownMounts = true};
}

}  // namespace strata::cli
