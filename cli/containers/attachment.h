#pragma once
/// \file Being attached to a container, for `run`, `start -a` and `attach`.

#include "cli/session.h"
#include "runtime/containers/attach_client.h"
#include "runtime/containers/container.h"
#include "runtime/containers/container_start.h"

#include <llvm/Support/Error.h>

#include <string>

namespace strata::cli {

class Options;

/// `--detach-keys` and `--sig-proxy`.
struct AttachChoice {
  bool signalProxy = true;
  std::string detachKeys;
  llvm::Expected<std::string> keys() const;  ///< Faults: Invalid
};
void declareAttachChoice(Options& declared, AttachChoice& choice);

/// What `run` attaches to: the streams that the container was made for.
runtime::AttachOptions attachOptionsFor(const runtime::Container& container, bool signalProxy, std::string keys);

/// Starts the container with us attached from its first byte on. The exit status of the command: the container's.
llvm::Expected<int> startAttached(const runtime::Container& container, runtime::ContainerStart start,
                                  const runtime::AttachOptions& options, Session& session);

/// Attaches to one that runs.
llvm::Expected<int> attachToRunning(const runtime::Container& container, const runtime::AttachOptions& options,
                                    Session& session);

/// The status by which docker tells a container that could not be started from one that failed: 127 where there is no
/// such program, 126 where it cannot be executed; else the error itself.
llvm::Expected<int> startFailure(llvm::Error error, Session& session);

}  // namespace strata::cli
