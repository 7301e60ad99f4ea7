#include "runtime/containers/supervisor.h"

#include "runtime/containers/attach_server.h"
#include "runtime/containers/container_events.h"
#include "runtime/containers/container_network.h"
#include "runtime/containers/container_plan.h"
#include "runtime/containers/container_run.h"
#include "runtime/containers/container_store.h"
#include "runtime/containers/container_volumes.h"
#include "runtime/containers/health_monitor.h"
#include "runtime/containers/restart_plan.h"
#include "runtime/containers/stream_pump.h"
#include "runtime/containers/supervisor_report.h"
#include "runtime/containers/supervisor_task.h"
#include "support/fault.h"
#include "support/text.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <csignal>

namespace strata::runtime {

namespace {
using llvm::StringRef;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kStoreStaysOpen = 250ms;  // a container that ends at once needs it again
constexpr auto kNetworkStays = 2000ms;
constexpr int64_t kLongestPoll = 3'600'000;

/// The socket, out of the way of the standard streams.
UniqueFd takeSocket() {
  UniqueFd socket(::fcntl(kSupervisorSocket, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  UniqueFd nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
  ::dup2(nothing.get(), kSupervisorSocket);
  return socket;
}

/// What the command had inherited (a pipe of some shell) is not for who outlives it.
void closeOthers(const UniqueFd& socket) {
  ::close_range(STDERR_FILENO + 1, unsigned(socket.get()) - 1, 0);
  ::close_range(unsigned(socket.get()) + 1, ~0u, 0);
}

void becomeDaemon() {
  ::setsid();
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  ::prctl(PR_SET_NAME, "strata-contain");
  if (::chdir("/") != 0) return;
  ::umask(022);
}

/// The store is opened while the command makes the container, and not kept from others where that takes long.
std::optional<SupervisorTask> awaitTask(const UniqueFd& socket, StoreDoor& door) {
  llvm::consumeError(door.open().takeError());
  pollfd task{socket.get(), POLLIN, 0};
  if (::poll(&task, 1, int(kStoreStaysOpen.count())) == 0) door.close();
  return receiveTask(socket.get());
}

class Supervisor : public AttachListener {
public:
  Supervisor(const std::string& id, SupervisorTask task, StoreDoor door)
      : id_(id), door_(std::move(door)), lock_(std::move(task.lock)), report_(std::move(task.report)), server_(*this) {
    if (task.client) server_.adopt(std::move(task.client));
  }

  void run() {
    catchSignals();
    if (auto error = prepare()) return report(std::move(error));
    RestartPlan plan(container_.hostConfig.restartPolicy);
    for (bool first = true;; first = false) {
      if (auto error = start()) {
        recordFailure(error);
        if (first) return failed(std::move(error));
        llvm::consumeError(std::move(error));
      } else {
        report(llvm::Error::success());
        serve();
        finishRun();
      }
      plan.setPolicy(container_.hostConfig.restartPolicy);
      bool again = plan.wants(state().exitCode, stopped_, state().restartCount);
      if (!again) break;
      ++state().restartCount;
      record(ContainerStatus::Restarting);
      server_.sendExit(int(state().exitCode));
      if (!waitForRestart(plan.delayAfter(Clock::now() - started_))) break;
    }
    end();
  }

  // --- What clients ask for ---

  void onInput(StringRef bytes) override { pump_->takeInput(bytes); }
  void onInputEnd() override {
    if (container_.config.stdinOnce && !container_.config.terminal) pump_->endInput();
  }
  void onResize(TerminalSize size) override {
    size_ = size;
    if (!run_) return;
    run_->resize(size);
    tellSize();
  }
  void onSignal(SignalOrder order) override {
    if (order.stops) stopped_ = true;
    if (order.keeps) kept_ = true;
    if (run_ && !ended_ && order.number > 0) ::kill(run_->pid(), order.number);
  }

private:
  ContainerState& state() { return container_.state; }

  void catchSignals() {
    sigset_t caught;
    sigemptyset(&caught);
    for (int number : {SIGCHLD, SIGTERM, SIGINT, SIGHUP}) sigaddset(&caught, number);
    ::sigprocmask(SIG_BLOCK, &caught, nullptr);
    signals_.reset(::signalfd(-1, &caught, SFD_CLOEXEC | SFD_NONBLOCK));
    ::signal(SIGPIPE, SIG_IGN);
  }

  llvm::Expected<ContainerStore*> store() {
    auto store = door_.open();
    if (!store) return store.takeError();
    isOpen_ = true;
    if (!containers_) {
      auto containers = ContainerStore::open((*store)->database(), (*store)->root(), (*store)->staging());
      if (!containers) return containers.takeError();
      containers_ = std::move(*containers);
    }
    return containers_.get();
  }
  void closeStore() {
    containers_.reset();
    if (std::exchange(isOpen_, false)) door_.close();
  }

  llvm::Error prepare() {
    auto containers = store();
    if (!containers) return containers.takeError();
    auto loaded = (*containers)->load(id_);
    if (!loaded) return loaded.takeError();
    container_ = std::move(*loaded);
    directory_.emplace((*containers)->directory(id_));
    root_ = (*containers)->root();
    state().restartCount = 0;
    auto log = LogWriter::open(directory_->log());
    if (!log) return log.takeError();
    pump_.emplace(std::move(*log), server_);
    health_.emplace(container_, *directory_, [this](const std::string& json, const std::string& changedTo) {
      recordHealth(json);
      if (!changedTo.empty()) tell("health_status: " + changedTo);
    });
    if (auto error = server_.listen(directory_->path(), ContainerDirectory::kSocket.str())) return error;
    server_.hear();  // the size of the terminal
    return llvm::Error::success();
  }

  llvm::Error start() {
    auto store = door_.open();
    if (!store) return store.takeError();
    isOpen_ = true;
    ended_ = false;
    started_ = Clock::now();
    auto run = ContainerRun::start(container_, *directory_, **store, size_);
    if (!run) return run.takeError();
    run_ = std::move(*run);
    state().pid = run_->process().pid;
    state().pidStarted = run_->process().started;
    state().started = nowNanoseconds();
    state().exitCode = 0;
    state().oomKilled = false;
    state().error.clear();
    record(ContainerStatus::Running);
    recordNetwork(run_->networkSettings());
    tellMounts(root_, container_, "mount");
    tell("start");
    if (container_.config.terminal) tellSize();
    pump_->begin(run_->streams());
    health_->begin();
    return llvm::Error::success();
  }

  /// What cannot be written down is not true to the next one who looks: the lock is free then.
  void record(ContainerStatus status) {
    state().status = status;
    auto containers = store();
    if (containers)
      llvm::consumeError((*containers)->setState(container_.id, state()));
    else
      llvm::consumeError(containers.takeError());
  }

  void recordFailure(const llvm::Error& error) {
    std::string text;
    llvm::raw_string_ostream(text) << error;
    state().error = text;
    state().exitCode = startFailureCode(kindOf(error));
    state().pid = 0;
    state().finished = nowNanoseconds();
    record(state().started == 0 ? ContainerStatus::Created : ContainerStatus::Exited);
  }

  void report(llvm::Error error) {
    std::string text = reportOf(std::move(error));
    if (report_ && ::write(report_.get(), text.data(), text.size()) < 0) return;
    report_.reset();
  }

  /// A container that never ran is as it was before; the client hears of it from the report.
  void failed(llvm::Error error) {
    ::unlink(directory_->socket().c_str());
    if (container_.hostConfig.autoRemove) removeLeft(takeOut());
    closeStore();
    lock_.reset();
    report(std::move(error));
  }

  // --- While it runs ---

  void serve() {
    auto closeAt = Clock::now() + kStoreStaysOpen;
    while (!ended_) {
      bool mayClose = isOpen_ && !run_->needsStore();
      auto next = health_->nextAction();
      if (mayClose) next = next ? std::min(*next, closeAt) : closeAt;
      pollOnce(next ? int(std::clamp<int64_t>((*next - Clock::now()) / 1ms + 1, 0, kLongestPoll)) : -1);
      if (!ended_) health_->act();
      if (mayClose && Clock::now() >= closeAt) closeStore();
    }
  }

  void pollOnce(int timeout) {
    std::vector<pollfd> polls = {{signals_.get(), POLLIN, 0}, health_->poll()};
    constexpr size_t kOurs = 2;
    pump_->addPolls(polls);
    server_.addPolls(polls, pump_->wantsMore());
    if (::poll(polls.data(), polls.size(), timeout) < 0) return;
    llvm::ArrayRef<pollfd> ready = polls;
    pump_->serve(ready.slice(kOurs, StreamPump::kPolls));
    server_.serve(ready.drop_front(kOurs + StreamPump::kPolls));
    if (polls[1].revents) health_->hear();
    if (polls[0].revents) hearSignals();
  }

  void hearSignals() {
    signalfd_siginfo info;
    while (::read(signals_.get(), &info, sizeof info) == ssize_t(sizeof info))
      if (info.ssi_signo != SIGCHLD) onSignal({stopSignalOf(container_), true});
    reap();
  }

  /// Orphans of the container come to us too, and mean nothing.
  void reap() {
    int status = 0;
    for (pid_t pid; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
      if (health_->noteExit(pid, status) || !run_ || ended_ || pid != run_->pid()) continue;
      ended_ = true;
      run_->noteEnd();
      state().exitCode = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }
  }

  // --- When it has ended ---

  void finishRun() {
    pump_->end();
    state().finished = nowNanoseconds();
    state().oomKilled = run_->metOutOfMemory();
    state().pid = 0;
    state().pidStarted = 0;
    health_->end();
    if (run_->needsStore()) llvm::consumeError(door_.open().takeError());
    if (goesAway()) run_->leaveFiles();
    run_.reset();
    readRow();
    if (state().oomKilled) tell("oom");
    int64_t seconds = (state().finished - state().started) / 1'000'000'000;
    tell("die", {{"exitCode", std::to_string(state().exitCode)}, {"execDuration", std::to_string(seconds)}});
    leave();
    tellMounts(root_, container_, "unmount");
  }

  /// `update` and `rename` may have changed it meanwhile.
  void readRow() {
    auto containers = store();
    if (!containers) return llvm::consumeError(containers.takeError());
    auto now = (*containers)->load(container_.id);
    if (!now) return llvm::consumeError(now.takeError());
    container_.name = now->name;
    container_.hostConfig.restartPolicy = now->hostConfig.restartPolicy;
  }

  /// The store is open for it no longer than it takes.
  void recordHealth(const std::string& json) {
    bool wasOpen = isOpen_;
    container_.health = json;
    auto containers = store();
    if (containers)
      llvm::consumeError((*containers)->setHealth(container_.id, json));
    else
      llvm::consumeError(containers.takeError());
    if (!wasOpen && run_ && !run_->needsStore()) closeStore();
  }

  void tellSize() {
    if (size_.rows == 0) return;  // nobody is attached
    tell("resize", {{"height", std::to_string(size_.rows)}, {"width", std::to_string(size_.columns)}});
  }

  void tell(const llvm::Twine& action, std::map<std::string, std::string> attributes = {}) {
    tellContainerEvent(root_, container_, action, std::move(attributes));
  }

  void recordNetwork(const std::string& settings) {
    if (container_.network == settings) return;
    container_.network = settings;
    auto containers = store();
    if (containers)
      llvm::consumeError((*containers)->setNetwork(container_.id, settings));
    else
      llvm::consumeError(containers.takeError());
  }

  /// What cannot be taken back now is taken back by whoever corrects the row (truth.h).
  void leave() {
    if (container_.network.empty()) return;
    auto containers = store();
    if (!containers) return llvm::consumeError(containers.takeError());
    auto left = leaveNetworks(container_.id, (*containers)->database(), (*containers)->root());
    if (left)
      left_ = std::move(*left);
    else
      llvm::consumeError(left.takeError());
    recordNetwork("");
  }

  /// The next container finds the network as it is, if it comes soon: to make one anew takes longer than to start.
  void retire() {
    if (left_.empty()) return;
    ::poll(nullptr, 0, int(kNetworkStays.count()));
    auto containers = store();
    if (containers)
      llvm::consumeError(retireNetworks(left_, (*containers)->database(), (*containers)->root(), kNetworkStays));
    else
      llvm::consumeError(containers.takeError());
    closeStore();
  }

  /// False if it was stopped meanwhile.
  bool waitForRestart(std::chrono::milliseconds delay) {
    closeStore();
    for (auto until = Clock::now() + delay; !stopped_ && Clock::now() < until;)
      pollOnce(int(std::max<int64_t>(1, (until - Clock::now()) / 1ms)));
    return !stopped_;
  }

  void end() {
    ::unlink(directory_->socket().c_str());
    std::string left;
    if (goesAway())
      left = takeOut();
    else
      record(ContainerStatus::Exited);
    closeStore();
    lock_.reset();
    server_.sendExit(int(state().exitCode));
    // Nothing is held any more but what slow clients have still to read.
    while (server_.hasUnsent()) pollOnce(-1);
    removeLeft(left);
    retire();
  }

  bool goesAway() const { return container_.hostConfig.autoRemove && !kept_; }

  /// Where what is left of the container lies; empty: nowhere.
  std::string takeOut() {
    auto containers = store();
    if (!containers) {
      llvm::consumeError(containers.takeError());
      return "";
    }
    auto left = takeOutWithVolumes(**containers, container_);
    if (left) return *left;
    llvm::consumeError(left.takeError());
    return "";
  }

  void removeLeft(const std::string& left) {
    if (!left.empty()) llvm::consumeError(removeTree(left));
  }

  std::string id_;
  StoreDoor door_;
  UniqueFd lock_, report_, signals_;
  AttachServer server_;
  Container container_;
  std::optional<ContainerDirectory> directory_;
  std::string root_;                            ///< the store's
  std::unique_ptr<ContainerStore> containers_;  ///< as long as the store is open
  bool isOpen_ = false;
  std::optional<StreamPump> pump_;
  std::optional<HealthMonitor> health_;
  std::unique_ptr<ContainerRun> run_;
  std::vector<Network> left_;  ///< on which it was
  TerminalSize size_;
  bool stopped_ = false;  ///< by a command: it stays down
  bool kept_ = false;     ///< whatever `--rm` says
  bool ended_ = false;
  Clock::time_point started_;
};
}  // namespace

void supervise(const std::string& id, StoreDoor door) {
  UniqueFd socket = takeSocket();
  closeOthers(socket);
  becomeDaemon();
  if (auto task = awaitTask(socket, door)) Supervisor(id, std::move(*task), std::move(door)).run();
}

}  // namespace strata::runtime
