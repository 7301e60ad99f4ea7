#pragma once
/// \file One run of a container, from the mounting of its root to the last trace of it: made by the supervisor for each
/// start and restart.

#include "layerfs/store.h"
#include "runtime/containers/attach_frames.h"
#include "runtime/containers/container.h"
#include "runtime/containers/container_directory.h"
#include "runtime/containers/container_network.h"
#include "runtime/oci/oci_bundle.h"
#include "runtime/oci/oci_command.h"
#include "support/process_handle.h"
#include "support/unique_fd.h"

#include <llvm/Support/Error.h>

#include <sys/types.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace strata::runtime {

/// The ends that the supervisor has of the container's standard streams. Of a terminal all three are one.
struct ContainerStreams {
  UniqueFd input;   ///< nothing: the container has none, or it has ended
  UniqueFd output;  ///< not blocking
  UniqueFd errors;  ///< not blocking; nothing for a terminal
  bool isTerminal = false;
};

class ContainerRun {
public:
  /// Mounts, writes the bundle, starts. The caller is in a mount namespace of its own, and the reaper of orphans.
  /// Faults: NotFound if the program or user is missing; Denied if it cannot be executed; Unavailable if the runtime
  /// failed; Unsupported; Io. Nothing is left then.
  static llvm::Expected<std::unique_ptr<ContainerRun>> start(const Container& container,
                                                             const ContainerDirectory& directory, layerfs::Store& store,
                                                             TerminalSize size);
  /// Ends the process if nobody has, and removes the run's traces.
  ~ContainerRun();

  pid_t pid() const { return pid_; }
  const ProcessName& process() const { return process_; }
  ContainerStreams& streams() { return streams_; }
  void resize(TerminalSize size);
  void noteEnd() { hasEnded_ = true; }        ///< its process was waited for
  void leaveFiles() { leavesFiles_ = true; }  ///< in the container's directory, which goes as a whole
  bool metOutOfMemory() const;
  /// NetworkSettings as JSON; empty: it is on no network of ours.
  const std::string& networkSettings() const { return network_.settings; }
  /// Whether the store must stay open while it runs.
  bool needsStore() const { return snapshot_ != nullptr; }

private:
  ContainerRun(const Container& container, const ContainerDirectory& directory)
      : container_(container), directory_(directory) {}
  [[nodiscard]] llvm::Error mount(layerfs::Store& store, TerminalSize size);
  [[nodiscard]] llvm::Error launch();
  llvm::Expected<pid_t> spawnRuntime(llvm::ArrayRef<std::string> words, UniqueFd& input, UniqueFd& output,
                                     UniqueFd& errors);
  [[nodiscard]] llvm::Error takeTerminal(int listening);
  [[nodiscard]] llvm::Error readPid();

  const Container& container_;
  ContainerDirectory directory_;
  OciContainer oci_;
  ContainerSpec spec_;
  ContainerNetwork network_;
  std::vector<UniqueFd> heldLayers_;
  std::unique_ptr<layerfs::Snapshot> snapshot_;  ///< where it cannot be left alone
  std::optional<OciBundle> bundle_;
  ContainerStreams streams_;
  UniqueFd joined_;  ///< another container's namespace
  pid_t pid_ = 0;
  ProcessName process_;
  bool hasEnded_ = false, leavesFiles_ = false;
};

}  // namespace strata::runtime
