#include "runtime/containers/container_run.h"

#include "runtime/containers/container_namespaces.h"
#include "runtime/containers/container_plan.h"
#include "runtime/containers/local_socket.h"
#include "runtime/oci/container_cgroup.h"
#include "runtime/spec/program.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/pipe.h"
#include "support/spawn.h"

#include <llvm/ADT/SmallVector.h>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace strata::runtime {

namespace {
constexpr char kConsole[] = "console.sock";

/// In a pid namespace of others nobody ends what the first process leaves. Whatever loses its parent becomes our child.
void endOrphans() {
  const std::string list = "/proc/self/task/" + std::to_string(::gettid()) + "/children";
  for (;;) {
    auto children = readFile(list, 1 << 16);
    if (!children) return llvm::consumeError(children.takeError());
    llvm::SmallVector<llvm::StringRef> pids;
    llvm::StringRef(*children).split(pids, ' ', -1, false);
    if (pids.empty()) return;
    for (llvm::StringRef text : pids) {
      pid_t pid = 0;
      if (text.getAsInteger(10, pid)) return;
      ::kill(pid, SIGKILL);
      while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
      }
    }
  }
}

void unblock(const UniqueFd& fd) {
  if (fd) ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
}
}  // namespace

llvm::Expected<std::unique_ptr<ContainerRun>> ContainerRun::start(const Container& container,
                                                                  const ContainerDirectory& directory,
                                                                  layerfs::Store& store, TerminalSize size) {
  std::unique_ptr<ContainerRun> run(new ContainerRun(container, directory));
  auto runtime = findOciRuntime(container.hostConfig.runtime);
  if (!runtime) return runtime.takeError();
  run->oci_ = {std::move(*runtime), container.id, directory.ociRoot(), directory.path() + "/oci.log", canMakeCgroups()};
  auto error = run->mount(store, size);
  if (!error) error = run->launch();
  if (!error) return run;
  auto left = leaveNetworks(container.id, store.database(), store.root());
  if (left)
    llvm::consumeError(retireNetworks(*left, store.database(), store.root()));
  else
    llvm::consumeError(left.takeError());
  return error;
}

llvm::Error ContainerRun::mount(layerfs::Store& store, TerminalSize size) {
  if (auto error = prepareHostFor(oci_.runtime)) return error;
  auto image = store.images().load(container_.imageId);
  if (!image) return withContext(image.takeError(), "image of the container");
  using Durable = layerfs::LayerDraft::Durable;
  auto draft =
      layerfs::LayerDraft::keepAt(directory_.layer(), container_.hostConfig.autoRemove ? Durable::No : Durable::Yes);
  if (!draft) return draft.takeError();
  auto snapshotter = store.snapshotter();
  if (!snapshotter) return snapshotter.takeError();
  auto snapshot = (*snapshotter)->mount({.layers = image->layers, .draft = &*draft, .withMountPoints = true});
  if (!snapshot) return snapshot.takeError();
  auto held = store.layers().holdDirectories(image->layers);
  if (!held) return held.takeError();
  heldLayers_ = std::move(*held);
  auto spec = specOf(container_, image->config.platform, (*snapshot)->rootFd());
  if (!spec) return spec.takeError();
  spec_ = std::move(*spec);
  spec_.terminalRows = size.rows;
  spec_.terminalColumns = size.columns;
  if (auto error = checkProgram(spec_, (*snapshot)->rootFd())) return error;
  auto joined = joinNamespaces(container_, store.database(), store.root(), spec_);
  if (!joined) return joined.takeError();
  joined_ = std::move(*joined);
  auto network = joinNetworks(container_, store.database(), store.root(), spec_);
  if (!network) return network.takeError();
  network_ = std::move(*network);
  if (auto error = OciBundle::remove(directory_.bundle())) return error;
  auto bundle = OciBundle::make(directory_.bundle(), spec_, **snapshot, oci_.withCgroup);
  if (!bundle) return bundle.takeError();
  bundle_.emplace(std::move(*bundle));
  if (!(*snapshot)->leaveAttached()) snapshot_ = std::move(*snapshot);
  return llvm::Error::success();
}

llvm::Error ContainerRun::launch() {
  ::unlink(oci_.log.c_str());
  std::vector<std::string> words = {"run",           "--detach",   "--bundle",
                                    bundle_->path(), "--pid-file", bundle_->path() + "/pid"};
  UniqueFd listening, directory, input, output, errors;
  if (spec_.terminal) {
    auto socket = listenAt(bundle_->path(), kConsole);
    auto opened = openFile(bundle_->path(), O_PATH | O_DIRECTORY);
    if (!socket) return socket.takeError();
    if (!opened) return opened.takeError();
    listening = std::move(*socket);
    directory = std::move(*opened);
    // By our descriptor: the whole path may be longer than an address.
    std::string place = "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(directory.get());
    words.insert(words.end(), {"--console-socket", joinPath(place, kConsole)});
  }
  words.push_back(container_.id);
  auto pid = spawnRuntime(words, input, output, errors);
  if (!pid) return pid.takeError();
  input.reset(), output.reset(), errors.reset();
  auto code = waitForExit(*pid);
  if (!code) return code.takeError();
  if (*code != 0) {
    std::string said = loggedError(oci_.log);
    return runtimeFault(oci_.runtime, spec_.argv.front(), said.empty() ? "it said nothing" : said);
  }
  joined_.reset();
  if (auto error = readPid()) return error;
  return spec_.terminal ? takeTerminal(listening.get()) : llvm::Error::success();
}

/// The container's ends of its streams are the runtime's own: it hands them on.
llvm::Expected<pid_t> ContainerRun::spawnRuntime(llvm::ArrayRef<std::string> words, UniqueFd& input, UniqueFd& output,
                                                 UniqueFd& errors) {
  auto nothing = openFile("/dev/null", O_RDWR);
  if (!nothing) return nothing.takeError();
  if (!spec_.terminal) {
    auto in = Pipe::make(), out = Pipe::make(), err = Pipe::make();
    if (!in) return in.takeError();
    if (!out) return out.takeError();
    if (!err) return err.takeError();
    if (container_.config.openStdin) {
      input = std::move(in->read);
      streams_.input = std::move(in->write);
    }
    output = std::move(out->write);
    errors = std::move(err->write);
    streams_.output = std::move(out->read);
    streams_.errors = std::move(err->read);
    for (const UniqueFd* fd : {&streams_.input, &streams_.output, &streams_.errors}) unblock(*fd);
  }
  auto orNothing = [&](const UniqueFd& fd) { return fd ? fd.get() : nothing->get(); };
  Spawn spawn;
  spawn.give(orNothing(input), 0).give(orNothing(output), 1).give(orNothing(errors), 2);
  return oci_.start(spawn, words);
}

llvm::Error ContainerRun::readPid() {
  auto text = readFile(bundle_->path() + "/pid", 64);
  if (!text) return text.takeError();
  if (llvm::StringRef(*text).trim().getAsInteger(10, pid_))
    return fault(FaultKind::Unavailable, oci_.runtime.name + " wrote no process id");
  process_ = {pid_, startOfProcess(pid_)};
  return writeFileAtomically(directory_.process(), textOf(process_), 0600);
}

/// The runtime has connected and sent before it ended.
llvm::Error ContainerRun::takeTerminal(int listening) {
  UniqueFd connection(::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC));
  if (!connection) return errnoFault("receive the terminal");
  std::vector<UniqueFd> received = receiveDescriptors(connection.get());  // source: runc, docs/terminals.md
  if (received.empty()) return fault(FaultKind::Unavailable, oci_.runtime.name + " sent no terminal");
  streams_.output = std::move(received.front());
  unblock(streams_.output);
  streams_.input.reset(::fcntl(streams_.output.get(), F_DUPFD_CLOEXEC, 0));
  streams_.isTerminal = true;
  return llvm::Error::success();
}

void ContainerRun::resize(TerminalSize size) {
  if (!streams_.isTerminal || !streams_.output) return;
  winsize window{};
  window.ws_row = uint16_t(size.rows);
  window.ws_col = uint16_t(size.columns);
  ::ioctl(streams_.output.get(), TIOCSWINSZ, &window);
}

bool ContainerRun::metOutOfMemory() const { return oci_.withCgroup && runtime::metOutOfMemory(spec_.cgroupPath); }

ContainerRun::~ContainerRun() {
  if (pid_ > 0 && !hasEnded_) {
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  if (spec_.sharedPid) endOrphans();
  if (snapshot_) llvm::consumeError(snapshot_->collectChanges());
  if (!spec_.cgroupPath.empty()) forgetContainer(oci_, spec_.cgroupPath, leavesFiles_ ? Files::Stay : Files::Go);
  if (leavesFiles_ && bundle_) bundle_->leaveFiles();
  bundle_.reset();
}

}  // namespace strata::runtime
