/// \file From image and options to a container's row, as `run` and `create` make it.

#include "cli/console.h"
#include "cli/containers/container_image.h"
#include "cli/containers/create_options.h"
#include "cli/containers/environment.h"
#include "cli/flag_fault.h"
#include "runtime/containers/container_plan.h"
#include "runtime/containers/container_store.h"
#include "runtime/containers/container_volumes.h"
#include "runtime/networks/networks.h"
#include "runtime/oci/oci_runtime.h"
#include "runtime/spec/container_spec.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace strata::cli {

namespace {

using runtime::Container;

constexpr llvm::StringLiteral kDefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

llvm::Error checkOptions(const CreateOptions& options) {
  if (!options.name.empty())
    if (llvm::Error error = runtime::checkContainerName(options.name)) return error;
  if (options.pull != "always" && options.pull != "missing" && options.pull != "never")
    return fault(FaultKind::Invalid,
                 "invalid pull option: '" + options.pull + "': must be one of \"always\", \"missing\" or \"never\"");
  if (!options.workdir.empty() && options.workdir.front() != '/')
    return fault(FaultKind::Invalid,
                 "the working directory '" + options.workdir + "' is invalid, it needs to be an absolute path");
  if (!options.stopSignal.empty() && !runtime::signalFromName(options.stopSignal))
    return fault(FaultKind::Invalid, "Invalid signal: " + options.stopSignal);
  for (const std::string& stream : options.attach)
    if (!llvm::is_contained({"stdin", "stdout", "stderr"}, llvm::StringRef(stream).lower()))
      return fault(FaultKind::Invalid, "valid streams are STDIN, STDOUT and STDERR, not '" + stream + "'");
  return llvm::Error::success();
}

/// KEY=VALUE, or KEY alone for an empty value.
void setLabel(llvm::StringRef text, std::map<std::string, std::string>& labels) {
  auto [key, value] = text.split('=');
  labels[key.str()] = value.str();
}

llvm::Expected<std::map<std::string, std::string>> labelsFor(const CreateOptions& options,
                                                             const layerfs::ImageConfig& image) {
  std::map<std::string, std::string> labels = image.labels;
  for (const std::string& path : options.labelFiles) {
    auto text = readFile(path, 16 << 20);
    if (!text) return text.takeError();
    llvm::SmallVector<llvm::StringRef> lines;
    llvm::StringRef(*text).split(lines, '\n', -1, false);
    for (llvm::StringRef line : lines)
      if (line = line.trim(); !line.empty() && line.front() != '#') setLabel(line, labels);
  }
  for (const std::string& text : options.labels) setLabel(text, labels);
  return labels;
}

llvm::Expected<std::vector<std::string>> environmentFor(const CreateOptions& options, const layerfs::ImageConfig& image,
                                                        llvm::StringRef hostname) {
  layerfs::ImageConfig config;  // for its way with variables
  config.env = {"PATH=" + kDefaultPath.str(), "HOSTNAME=" + hostname.str()};
  if (options.terminal) config.env.push_back("TERM=xterm");
  for (llvm::StringRef pair : image.env) config.setEnv(pair.split('=').first, pair.split('=').second);
  return environmentWith(std::move(config.env), options.envFiles, options.env);
}

/// docker's default: a detached container is attached to nothing, another one to its output and, with -i, its input.
void decideStreams(const CreateOptions& options, bool detached, runtime::ContainerConfig& config) {
  auto asked = [&](llvm::StringRef stream) {
    return llvm::any_of(options.attach, [&](llvm::StringRef one) { return one.equals_insensitive(stream); });
  };
  bool usual = options.attach.empty() && !detached;
  config.attachStdin = asked("stdin") || (usual && options.interactive);
  config.attachStdout = asked("stdout") || usual;
  config.attachStderr = asked("stderr") || usual;
  config.openStdin = options.interactive;
  config.stdinOnce = options.interactive && config.attachStdin;
  config.terminal = options.terminal;
}

llvm::Error decideProcess(const CreateOptions& options, const layerfs::ImageConfig& image, const Arguments& words,
                          Container& container) {
  runtime::ContainerConfig& config = container.config;
  Arguments command(words.begin() + 1, words.end());
  container.argv = runtime::commandOf(image, command, options.entrypoint);
  if (container.argv.empty()) return fault(FaultKind::Invalid, "no command specified");
  bool ownEntrypoint = options.entrypoint.has_value();
  config.entrypoint = ownEntrypoint ? std::optional(std::vector<std::string>{*options.entrypoint}) : image.entrypoint;
  if (ownEntrypoint && options.entrypoint->empty()) config.entrypoint.reset();
  if (!command.empty())
    config.cmd = command;
  else if (!ownEntrypoint)
    config.cmd = image.cmd;
  auto env = environmentFor(options, image, config.hostname);
  if (!env) return env.takeError();
  config.env = std::move(*env);
  auto labels = labelsFor(options, image);
  if (!labels) return labels.takeError();
  config.labels = std::move(*labels);
  auto check = healthcheckFrom(options.health, image.healthcheck);
  if (!check) return check.takeError();
  config.healthcheck = std::move(*check);
  if (!image.shell.empty()) config.shell = image.shell;
  return llvm::Error::success();
}

llvm::Error decideHost(const CreateOptions& options, Container& container) {
  runtime::HostConfig& host = container.hostConfig;
  host.runtime = options.runtime;
  host.containerIdFile = options.containerIdFile;
  host.autoRemove = options.remove;
  host.readonlyRootfs = options.readOnly;
  auto policy = restartPolicyFrom(options.restart);
  if (!policy) return policy.takeError();
  if (options.remove && policy->name != "no")
    return fault(FaultKind::Invalid, "conflicting options: cannot specify both --restart and --rm");
  host.restartPolicy = std::move(*policy);
  if (llvm::Error error = decideNetwork(options.network, container)) return error;
  if (llvm::Error error = decideSecurity(options.security, host)) return error;
  return readLimits(options.limits, host.limits);
}

/// On the host's network it goes by the host's name.
std::string hostnameFor(const CreateOptions& options, const Container& container) {
  if (!options.hostname.empty()) return options.hostname;
  utsname host{};
  if (container.hostConfig.networkMode != "host" || ::uname(&host) != 0) return container.shortId();
  return host.nodename;
}

/// What it has mounted, and in its description what was asked for.
/// \return the mounts whose volumes are new.
llvm::Expected<std::vector<runtime::ContainerMount>> decideMounts(const runtime::MountsWanted& wanted,
                                                                  const layerfs::Image& image,
                                                                  runtime::ContainerStore& containers,
                                                                  Container& container) {
  container.hostConfig.binds = bindsOf(wanted);
  for (const runtime::MountRequest& request : wanted.requests)
    if (request.kind == runtime::MountRequest::Kind::Volume && request.source.empty())
      container.config.volumes.insert(request.target);
  auto mounts = runtime::decideMounts(wanted, image, containers);
  if (!mounts) return mounts.takeError();
  container.mounts = std::move(mounts->mounts);
  return std::move(mounts->made);
}

/// A container is not made for a network that there is not.
llvm::Error checkNetworks(const Container& container, Session& session) {
  if (container.networks.empty()) return llvm::Error::success();
  auto networks = session.networks();
  if (!networks) return networks.takeError();
  for (const runtime::NetworkWish& wish : container.networks)
    if (llvm::Error error = (*networks)->find(wish.network).takeError()) return error;
  return llvm::Error::success();
}

/// What was made for a container goes if it does not come to be.
llvm::Error addContainer(const runtime::MountsWanted& wanted, const layerfs::Image& image,
                         runtime::ContainerStore& containers, Container& container) {
  auto made = decideMounts(wanted, image, containers, container);
  if (!made) return made.takeError();
  llvm::Error error = containers.add(container);
  if (!error) return error;
  return llvm::joinErrors(std::move(error), runtime::removeAnonymousVolumes(containers, *made));
}

/// Made first, so that a file that is there stops everything.
llvm::Expected<UniqueFd> openIdFile(const std::string& path) {
  if (path.empty()) return UniqueFd();
  auto file = openFile(path, O_WRONLY | O_CREAT | O_EXCL);
  if (file) return file;
  llvm::Error error = file.takeError();
  if (!takeIf(error, FaultKind::Exists)) return error;
  return fault(FaultKind::Exists,
               "container ID file found, make sure the other container isn't running or delete " + path);
}

}  // namespace

llvm::Expected<Container> containerFor(const CreateOptions& options, const std::string& id, bool detached,
                                       const layerfs::ImageConfig& image, const Arguments& words) {
  if (llvm::Error error = checkOptions(options)) return error;
  Container container;
  container.id = id;
  container.name = options.name;
  container.created = nowNanoseconds();
  runtime::ContainerConfig& config = container.config;
  config.image = words.front();
  config.domainname = options.domainname;
  config.user = options.user.value_or(image.user);
  config.workingDir = options.workdir.empty() ? image.workingDir : options.workdir;
  config.stopSignal = options.stopSignal.empty() ? image.stopSignal : options.stopSignal;
  if (int64_t seconds = 0; !options.stopTimeout.empty()) {
    if (llvm::StringRef(options.stopTimeout).getAsInteger(10, seconds))
      return unfitFlag("invalid argument \"" + printable(options.stopTimeout) +
                       "\" for --stop-timeout: a number of seconds");
    config.stopTimeout = seconds;
  }
  config.exposedPorts = image.exposedPorts;
  config.volumes = image.volumes;
  decideStreams(options, detached, config);
  if (llvm::Error error = decideHost(options, container)) return error;
  config.hostname = hostnameFor(options, container);
  if (llvm::Error error = decideProcess(options, image, words, container)) return error;
  return container;
}

llvm::Expected<Container> createContainer(const CreateOptions& options, const std::string& id, bool detached,
                                          Session& session, const Arguments& words) {
  if (llvm::Error error = checkOptions(options)) return error;
  auto wanted = mountsFrom(options.mounts);
  if (!wanted) return wanted.takeError();
  auto runtime = runtime::findOciRuntime(options.runtime);
  if (!runtime) return runtime.takeError();
  auto store = session.store();
  if (!store) return store.takeError();
  auto image = imageFor(options, words.front(), session, **store);
  if (!image) return image.takeError();
  auto container = containerFor(options, id, detached, image->config, words);
  if (!container) return container;
  container->imageId = image->id;
  if (llvm::Error error = settleOnHost(container->hostConfig.limits, session)) return error;
  warnOfMissingCapabilities(container->hostConfig, session);
  auto containers = session.containers();
  if (!containers) return containers.takeError();
  if (llvm::Error error = checkNetworks(*container, session)) return error;
  auto idFile = openIdFile(options.containerIdFile);
  if (!idFile) return idFile.takeError();
  if (llvm::Error error = addContainer(*wanted, *image, **containers, *container)) {
    if (*idFile) ::unlink(options.containerIdFile.c_str());
    return error;
  }
  if (*idFile && ::write(idFile->get(), container->id.data(), container->id.size()) < 0)
    return errnoFault("write " + options.containerIdFile);
  return container;
}

}  // namespace strata::cli
