#include "runtime/containers/health_monitor.h"

#include "runtime/containers/container_plan.h"
#include "runtime/oci/container_cgroup.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/pipe.h"
#include "support/process_handle.h"
#include "support/spawn.h"
#include "support/text.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>

namespace strata::runtime {

namespace {
constexpr int kMostReads = 16;

llvm::Expected<ProcessHandle> insideProcess(const std::string& file) {
  auto text = readFile(file, 64);
  if (!text) return text.takeError();
  pid_t pid = 0;
  llvm::StringRef(*text).trim().getAsInteger(10, pid);
  return ProcessHandle::open(pid);
}

/// Go's way with durations, as docker writes them here.
std::string secondsText(std::chrono::nanoseconds time) {
  std::string text = std::to_string(double(time.count()) / 1e9);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text + "s";
}
}  // namespace

HealthMonitor::HealthMonitor(const Container& container, const ContainerDirectory& directory, Tell tell)
    : container_(container), directory_(directory), tell_(std::move(tell)), record_(container.health) {
  if (container.config.healthcheck)
    plan_ = healthPlanOf(*container.config.healthcheck, container.config.shell.value_or(std::vector<std::string>()));
}

void HealthMonitor::begin() {
  if (plan_.argv.empty()) return;
  record_.begin();
  next_ = Clock::now() + record_.pauseAt(container_.state.started, plan_, container_.state.started);
  tell_(record_.json(), "");
}

void HealthMonitor::end() {
  if (plan_.argv.empty()) return;
  giveUp();
  next_.reset();
  record_.end();
  tell_(record_.json(), "");
}

std::optional<HealthMonitor::Clock::time_point> HealthMonitor::nextAction() const {
  return deadline_ ? deadline_ : next_;
}

void HealthMonitor::act() {
  auto now = Clock::now();
  if (deadline_ && now >= *deadline_) {
    hear();
    killCheck();
    std::string said = std::move(said_);
    finish(-1,
           "Health check exceeded timeout (" + secondsText(plan_.timeout) + ")" + (said.empty() ? "" : ": " + said));
  } else if (!deadline_ && next_ && now >= *next_) {
    start();
  }
}

void HealthMonitor::start() {
  if (isFrozen(cgroupPathOf(container_))) {  // it can answer nothing, and nothing is wrong with it
    next_ = Clock::now() + plan_.interval;
    return;
  }
  startedAt_ = nowNanoseconds();
  said_.clear();
  auto process = ExecProcess::prepare(container_, directory_, {.argv = plan_.argv, .env = container_.config.env});
  llvm::Error error = process ? spawn(std::move(*process)) : process.takeError();
  if (error) finish(-1, messageOf(std::move(error)));
}

llvm::Error HealthMonitor::spawn(ExecProcess process) {
  auto pipe = Pipe::make();
  if (!pipe) return pipe.takeError();
  ::fcntl(pipe->read.get(), F_SETFL, O_NONBLOCK);
  Spawn spawn;
  spawn.open(0, "/dev/null", O_RDONLY).give(pipe->write.get(), 1).give(pipe->write.get(), 2);
  auto pid = process.start(spawn, {"--pid-file", process.pidFile()});
  if (!pid) return pid.takeError();
  pid_ = *pid;
  process_.emplace(std::move(process));
  output_ = std::move(pipe->read);
  deadline_ = Clock::now() + plan_.timeout;
  return llvm::Error::success();
}

void HealthMonitor::hear() {
  char buffer[HealthProbe::kMost];
  // Not for as long as something comes: a check that never stops writing must not keep us from all else.
  for (int reads = 0; output_ && reads < kMostReads; ++reads) {
    ssize_t got = ::read(output_.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return output_.reset();
    said_.append(buffer, std::min(size_t(got), HealthProbe::kMost - std::min(said_.size(), HealthProbe::kMost)));
  }
}

bool HealthMonitor::noteExit(pid_t pid, int status) {
  if (pid != pid_ || pid_ == 0) return false;
  hear();
  llvm::Error failure =
      WIFEXITED(status) && WEXITSTATUS(status) == 0 ? llvm::Error::success() : process_->runtimeFailure();
  if (failure)
    finish(-1, messageOf(std::move(failure)));
  else
    finish(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status), std::move(said_));
  return true;
}

void HealthMonitor::finish(int64_t exitCode, std::string output) {
  pid_ = 0;
  deadline_.reset();
  process_.reset();
  output_.reset();
  int64_t now = nowNanoseconds();
  bool changed = record_.take({startedAt_, now, exitCode, std::move(output)}, plan_, container_.state.started);
  next_ = Clock::now() + record_.pauseAt(now, plan_, container_.state.started);
  tell_(record_.json(), changed ? record_.status() : "");
}

/// The process that the runtime has put into the container, as long as that is its child and not another one of that
/// number; and the runtime.
void HealthMonitor::killCheck() {
  if (pid_ == 0) return;
  if (auto inside = insideProcess(process_->pidFile())) {
    if (inside->parent() == pid_) llvm::consumeError(inside->signal(SIGKILL));
  } else {
    llvm::consumeError(inside.takeError());
  }
  ::kill(pid_, SIGKILL);
}

void HealthMonitor::giveUp() {
  killCheck();
  pid_ = 0;
  deadline_.reset();
  process_.reset();
  output_.reset();
}

}  // namespace strata::runtime
