#pragma once
/// \file The options that `run` and `create` share, as docker has them, and the container that they ask for.

#include "cli/command.h"
#include "cli/containers/health_options.h"
#include "cli/containers/limit_options.h"
#include "cli/containers/run_mounts.h"
#include "cli/containers/security_options.h"
#include "cli/networks/network_options.h"
#include "cli/session.h"
#include "layerfs/image_store.h"
#include "runtime/containers/container.h"

#include <llvm/Support/Error.h>

#include <optional>
#include <string>
#include <vector>

namespace strata::cli {

class Options;

struct CreateOptions {
  // What runs
  std::optional<std::string> entrypoint, user;
  std::string workdir, hostname, domainname, stopSignal, stopTimeout;
  std::vector<std::string> env, envFiles, labels, labelFiles, attach;
  bool interactive = false, terminal = false;
  // How this host runs it
  std::string name, runtime, restart, containerIdFile;
  NetworkOptions network;
  MountTexts mounts;
  LimitTexts limits;
  SecurityTexts security;
  HealthTexts health;
  bool remove = false, readOnly = false;
  // Its image
  std::string pull = "missing", platform;
  bool quiet = false;
};

/// Declares them all, with those of docker's that strata does not have yet.
void declareCreateOptions(Options& declared, CreateOptions& options);

/// Makes the container: brings the image (`words[0]`), reads the options, adds row and directory. The words behind the
/// image are the command. `detached`: nobody attaches at its start; `id`: makeObjectId()'s. Faults: Invalid in docker's
/// words; NotFound for an image or a mount source; Exists for a name in use.
llvm::Expected<runtime::Container> createContainer(const CreateOptions& options, const std::string& id, bool detached,
                                                   Session& session, const Arguments& words);

/// The row of a container that the options ask for, of this image. Nothing is stored yet.
llvm::Expected<runtime::Container> containerFor(const CreateOptions& options, const std::string& id, bool detached,
                                                const layerfs::ImageConfig& image, const Arguments& words);

}  // namespace strata::cli
