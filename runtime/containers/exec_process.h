#pragma once
/// \file A further process of a running container in the form in which the OCI runtime takes it: for `exec` and for
/// health checks.

#include "runtime/containers/container.h"
#include "runtime/containers/container_directory.h"
#include "runtime/containers/exec.h"
#include "runtime/oci/oci_command.h"

#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::runtime {

/// Its files are removed with it.
class ExecProcess {
public:
  /// Looks the user and the program up in the running container and writes the process down. The caller is in a mount
  /// namespace of its own. Faults: NotFound for a missing program or user; Denied for one that cannot be executed; Io.
  static llvm::Expected<ExecProcess> prepare(const Container& container, const ContainerDirectory& directory,
                                             const ExecRequest& request);
  ExecProcess(ExecProcess&& other) noexcept;
  ExecProcess& operator=(ExecProcess&&) = delete;
  ~ExecProcess();

  /// Starts the runtime with what `spawn` gives it; it runs as long as the process, unless `options` say otherwise.
  llvm::Expected<pid_t> start(Spawn& spawn, llvm::ArrayRef<std::string> options) const;
  /// Where `--pid-file` is to write.
  std::string pidFile() const { return ours_ + ".pid"; }
  /// What the runtime said of its own failure. The process's exit code says nothing of it. Faults: as runtimeFault().
  [[nodiscard]] llvm::Error runtimeFailure() const;

private:
  explicit ExecProcess(std::string ours) : ours_(std::move(ours)) {}
  std::string ours_;  ///< what its files' names begin with
  std::string program_;
  OciContainer oci_;
};

}  // namespace strata::runtime
