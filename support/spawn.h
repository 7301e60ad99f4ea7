#pragma once
/// \file Starting another program without waiting for it: descriptors, arguments, environment. It starts with no signal
/// blocked or ignored, whatever ours are. (To run one to its end: support/process.h.)

#include <llvm/Support/Error.h>

#include <spawn.h>
#include <sys/types.h>
#include <optional>
#include <string>
#include <vector>

namespace strata {

/// Collects what the program gets, then starts it. Descriptors that are given by no call here go along unless they
/// close on exec.
class Spawn {
public:
  Spawn();
  ~Spawn();
  Spawn(const Spawn&) = delete;
  Spawn& operator=(const Spawn&) = delete;

  Spawn& give(int fd, int number);                              ///< ours, as this number
  Spawn& open(int number, const char* path, int flags);         ///< a file, as this number
  Spawn& directory(const std::string& path);                    ///< where it starts
  Spawn& newSession();                                          ///< away from our terminal
  Spawn& environment(std::vector<std::string> namesAndValues);  ///< instead of ours

  /// `program`: a path, or a name that PATH finds; argv[0] is what it is told of itself. Faults: Io with the reason.
  llvm::Expected<pid_t> start(const std::string& program, const std::vector<std::string>& argv);

private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
  short flags_ = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  std::optional<std::vector<std::string>> environment_;
};

/// Waits for the end. \return the program's own code, or 128 + the signal that ended it.
llvm::Expected<int> waitForExit(pid_t pid);

}  // namespace strata
