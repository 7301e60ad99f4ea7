#pragma once
/// \file The `git` program, run so that neither the machine's settings nor a hostile repository decide what it does: an
/// environment of our own, no configuration but ours, no hooks, no templates, no questions, and no transport but http,
/// https, git and ssh. What authenticates goes through the environment, never through an argument.

#include "support/cancel.h"
#include "support/process.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <string>
#include <utility>
#include <vector>

namespace strata::builder {

/// How one repository is reached.
struct GitAccess {
  std::vector<std::pair<std::string, std::string>> config;  ///< of this run alone: headers that authenticate
  std::string sshAuthSock;                                  ///< socket of an agent; empty: no key
  std::string knownHosts;                                   ///< file where ssh keeps the keys of hosts
};

struct GitRun {
  std::vector<std::string> arguments;
  std::string directory;                 ///< where it runs
  const GitAccess* access = nullptr;     ///< of a remote; nothing: the network is not asked
  std::vector<std::string> environment;  ///< NAME=VALUE, further
};

class GitProgram {
public:
  /// `home` is an empty directory of ours.
  GitProgram(std::string home, const CancelToken& cancel) : home_(std::move(home)), cancel_(cancel) {}

  /// What it printed, whatever its status. Faults: Unsupported if git is not installed; Cancelled; Io.
  llvm::Expected<ProcessResult> tryRun(const GitRun& run) const;
  /// Its standard output. Faults: Denied, Unavailable, NotFound or Invalid as far as its words tell, with its words.
  llvm::Expected<std::string> run(const GitRun& run) const;

private:
  std::string home_;
  const CancelToken& cancel_;
};

/// The fault behind a run that failed.
[[nodiscard]] llvm::Error gitFault(llvm::StringRef doing, const ProcessResult& result);

}  // namespace strata::builder
