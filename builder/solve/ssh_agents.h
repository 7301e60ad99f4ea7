#pragma once
/// \file The agents behind a build's ssh mounts: the user's own, or one that is started for key files when a step first
/// asks, and ends with the build.

#include "builder/settings/ssh.h"
#include "support/files.h"
#include "support/unique_fd.h"

#include <llvm/Support/Error.h>

#include <sys/types.h>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace strata::builder {

/// An ssh-agent(1) of our own, ended by the destructor; it also ends when strata dies.
class PrivateAgent {
public:
  /// Its socket lies in a directory below `staging`. Faults: NotFound if there is no ssh-agent; Invalid for a key that
  /// it does not take.
  static llvm::Expected<std::unique_ptr<PrivateAgent>> start(const std::vector<std::string>& keys,
                                                             const std::string& staging);
  ~PrivateAgent();
  /// Its socket, by a path that is short wherever the store is: a socket's address has room for a hundred characters.
  /// Good for this process and its children, while the agent lives.
  std::string socket() const;

private:
  PrivateAgent(TempDir directory, UniqueFd opened) : directory_(std::move(directory)), opened_(std::move(opened)) {}
  llvm::Error spawn();
  llvm::Error add(const std::string& key) const;

  TempDir directory_;  ///< of the socket and nothing else
  UniqueFd opened_;    ///< the directory
  pid_t holder_ = -1;  ///< what the agent lives as long as
  pid_t agent_ = -1;
  UniqueFd lifeline_;
};

class SshAgents {
public:
  SshAgents(const std::vector<SshSource>& sources, std::string staging);
  /// Nothing if no agent of this name was offered. Any thread.
  llvm::Expected<std::optional<std::string>> socketOf(llvm::StringRef id);

private:
  std::string staging_;
  std::mutex mutex_;
  std::map<std::string, SshSource, std::less<>> sources_;
  std::map<std::string, std::unique_ptr<PrivateAgent>, std::less<>> started_;
};

}  // namespace strata::builder
