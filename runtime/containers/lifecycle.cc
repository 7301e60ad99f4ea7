#include "runtime/containers/lifecycle.h"

#include "runtime/containers/container_events.h"
#include "runtime/containers/container_network.h"
#include "runtime/containers/container_plan.h"
#include "runtime/containers/container_volumes.h"
#include "runtime/containers/pause.h"
#include "runtime/containers/supervisor_connection.h"
#include "runtime/containers/truth.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <thread>

namespace strata::runtime {

namespace {
using namespace std::chrono_literals;
constexpr auto kLookAgain = 20ms;
constexpr auto kForced = 10s;          // for SIGKILL to work
constexpr int64_t kUsualSeconds = 10;  // docker's

std::string named(const Container& container) { return "container " + container.shortId(); }

/// A frozen process hears no signal. Whoever reads its files is waited for, and nobody comes to read them until this is
/// over.
llvm::Expected<FileLock> thaw(ContainerStore& store, const Container& container) {
  auto shared = holdFiles(store, container, FileLock::Mode::Shared);
  if (!shared) return shared;
  auto now = store.load(container.id);
  if (!now) return now.takeError();
  if (now->state.status == ContainerStatus::Paused)
    if (auto error = resumeContainer(store, *now)) return error;
  return shared;
}

/// Sends the signal and gives the supervisor's word that all has ended; false: not in this time.
llvm::Expected<bool> signalAndWait(SupervisorConnection& supervisor, SignalOrder order,
                                   std::optional<std::chrono::milliseconds> timeout) {
  if (auto error = supervisor.send(FrameKind::Signal, signalPayload(order))) return error;
  auto code = supervisor.waitForExit(timeout);
  if (!code) return code.takeError();
  return code->has_value();
}

/// A supervisor that went while we spoke to it has done what it had to, or was killed.
llvm::Error unlessGone(llvm::Error error) {
  if (takeIf(error, FaultKind::Unavailable)) return llvm::Error::success();
  return error;
}

void tellKill(const ContainerStore& store, const Container& container, int signal) {
  tellContainerEvent(store.root(), container, "kill", {{"signal", std::to_string(signal)}});
}

llvm::Error stopSupervised(SupervisorConnection& supervisor, const ContainerStore& store, const Container& container,
                           const StopOptions& options) {
  int64_t seconds = options.seconds.value_or(container.config.stopTimeout.value_or(kUsualSeconds));
  std::optional<std::chrono::milliseconds> patience;
  if (seconds >= 0) patience = std::chrono::seconds(seconds);
  SignalOrder order{options.signal.value_or(stopSignalOf(container)), true, options.keep};
  tellKill(store, container, order.number);
  auto ended = signalAndWait(supervisor, order, patience);
  if (!ended) return unlessGone(ended.takeError());
  if (*ended) return llvm::Error::success();
  order.number = SIGKILL;
  tellKill(store, container, SIGKILL);
  ended = signalAndWait(supervisor, order, kForced);
  if (!ended) return unlessGone(ended.takeError());
  if (*ended) return llvm::Error::success();
  return fault(FaultKind::Unavailable, named(container) + " does not end although it was killed");
}
}  // namespace

llvm::Error startContainer(ContainerStore& store, const Container& container, ContainerStart start, UniqueFd client) {
  ContainerDirectory directory = store.directory(container.id);
  auto held = holdFiles(store, container, FileLock::Mode::Shared);
  if (!held) return held.takeError();
  auto lock = FileLock::tryAcquire(directory.lock(), FileLock::Mode::Exclusive);
  if (lock) return start.finish(lock->fd(), std::move(client));
  auto error = lock.takeError();
  if (!takeIf(error, FaultKind::Unavailable)) return error;
  return fault(FaultKind::Unavailable, named(container) + " is running, or is being started or removed");
}

llvm::Error startContainer(ContainerStore& store, const Container& container, const SupervisorProgram& program) {
  auto start = ContainerStart::begin(program, container.id);
  if (!start) return start.takeError();
  return startContainer(store, container, std::move(*start), {});
}

llvm::Error stopContainer(ContainerStore& store, const Container& container, const StopOptions& options) {
  auto supervisor = SupervisorConnection::open(store.directory(container.id));
  if (!supervisor) return supervisor.takeError();
  if (!*supervisor) return llvm::Error::success();
  auto held = thaw(store, container);
  if (!held) return held.takeError();
  if (auto error = stopSupervised(**supervisor, store, container, options)) return error;
  tellContainerEvent(store.root(), container, "stop");
  return llvm::Error::success();
}

llvm::Error restartContainer(ContainerStore& store, const Container& container, const StopOptions& options,
                             const SupervisorProgram& program) {
  StopOptions keeping = options;
  keeping.keep = true;
  if (auto error = stopContainer(store, container, keeping)) return error;
  if (auto error = startContainer(store, container, program)) return error;
  tellContainerEvent(store.root(), container, "restart");
  return llvm::Error::success();
}

llvm::Error killContainer(ContainerStore& store, const Container& container, int signal) {
  auto supervisor = SupervisorConnection::open(store.directory(container.id));
  if (!supervisor) return supervisor.takeError();
  if (!*supervisor || !container.state.isLive()) return notRunning(container);
  bool ends = signal == SIGKILL || signal == stopSignalOf(container);
  std::optional<FileLock> held;
  if (ends) {
    auto thawed = thaw(store, container);
    if (!thawed) return thawed.takeError();
    held.emplace(std::move(*thawed));
  }
  tellKill(store, container, signal);
  if (signal != SIGKILL) return (*supervisor)->send(FrameKind::Signal, signalPayload({signal, ends}));
  auto ended = signalAndWait(**supervisor, {signal, true}, kForced);
  return ended ? llvm::Error::success() : unlessGone(ended.takeError());
}

llvm::Expected<int> waitForContainer(ContainerStore& store, const Container& container) {
  auto supervisor = SupervisorConnection::open(store.directory(container.id));
  if (!supervisor) return supervisor.takeError();
  if (*supervisor) {
    auto code = (*supervisor)->waitForExit(std::nullopt);
    if (code) return code->value_or(0);
    auto error = unlessGone(code.takeError());
    if (error) return error;
  }
  auto now = findContainer(store, container.id);
  if (!now) return now.takeError();
  return int(now->state.exitCode);
}

namespace {
/// Ends it by force; a fault without. Whether it lives may have changed since `container` was read.
llvm::Error endForRemoval(ContainerStore& store, const Container& container, bool force) {
  ContainerStatus status = container.state.status;
  if (!container.state.isLive() && status != ContainerStatus::Restarting) return llvm::Error::success();
  if (force) return stopContainer(store, container, {.signal = SIGKILL});
  return fault(FaultKind::Invalid, "cannot remove container \"/" + container.name + "\": container is " +
                                       nameOf(status) + ": stop the container before removing or force remove");
}

/// The supervisor of one that has ended holds it for a moment yet; of one that was started meanwhile for as long as
/// that lives.
llvm::Expected<FileLock> lockForRemoval(ContainerStore& store, const Container& container, bool force) {
  for (;; std::this_thread::sleep_for(kLookAgain)) {
    auto lock = FileLock::tryAcquire(store.directory(container.id).lock(), FileLock::Mode::Exclusive);
    if (lock) return lock;
    auto error = lock.takeError();
    if (!takeIf(error, FaultKind::Unavailable)) return error;
    auto now = findContainer(store, container.id);
    if (!now) return now.takeError();
    if (auto error = endForRemoval(store, *now, force)) return error;
  }
}
}  // namespace

llvm::Error removeContainer(ContainerStore& store, const Container& container, bool force, WithVolumes volumes) {
  if (auto error = endForRemoval(store, container, force)) return error;
  ContainerDirectory directory = store.directory(container.id);
  auto lock = lockForRemoval(store, container, force);
  if (!lock) {
    auto error = lock.takeError();
    if (takeIf(error, FaultKind::NotFound)) return llvm::Error::success();  // somebody else was faster
    return error;
  }
  removeLeftovers(container, directory);
  if (auto error = forgetNetworks(container.id, store)) return error;
  return volumes == WithVolumes::Yes ? removeWithVolumes(store, container) : removeAlone(store, container);
}

}  // namespace strata::runtime
