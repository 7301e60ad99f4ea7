#include "support/spawn.h"

#include "support/fault.h"

#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>

extern char** environ;

namespace strata {

namespace {
std::vector<char*> pointersTo(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& text : strings) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}
}  // namespace

Spawn::Spawn() {
  posix_spawn_file_actions_init(&actions_);
  posix_spawnattr_init(&attributes_);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes_, &none);
  posix_spawnattr_setsigdefault(&attributes_, &all);
}

Spawn::~Spawn() {
  posix_spawn_file_actions_destroy(&actions_);
  posix_spawnattr_destroy(&attributes_);
}

Spawn& Spawn::give(int fd, int number) {
  posix_spawn_file_actions_adddup2(&actions_, fd, number);
  return *this;
}

Spawn& Spawn::open(int number, const char* path, int flags) {
  posix_spawn_file_actions_addopen(&actions_, number, path, flags, 0);
  return *this;
}

Spawn& Spawn::directory(const std::string& path) {
  posix_spawn_file_actions_addchdir_np(&actions_, path.c_str());
  return *this;
}

Spawn& Spawn::newSession() {
  flags_ |= POSIX_SPAWN_SETSID;
  return *this;
}

Spawn& Spawn::environment(std::vector<std::string> namesAndValues) {
  environment_ = std::move(namesAndValues);
  return *this;
}

llvm::Expected<pid_t> Spawn::start(const std::string& program, const std::vector<std::string>& argv) {
  posix_spawnattr_setflags(&attributes_, flags_);
  std::vector<char*> arguments = pointersTo(argv);
  std::vector<char*> names = environment_ ? pointersTo(*environment_) : std::vector<char*>();
  pid_t pid = -1;
  int code = posix_spawnp(&pid, program.c_str(), &actions_, &attributes_, arguments.data(),
                          environment_ ? names.data() : environ);
  if (code != 0) return errnoFault("start " + program, code);
  return pid;
}

llvm::Expected<int> waitForExit(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return errnoFault("wait for process " + std::to_string(pid));
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace strata
