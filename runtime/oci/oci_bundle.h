#pragma once
/// \file An OCI bundle on disk while its container runs: config.json, the files for /etc, and the root, mounted at
/// `rootfs`. Source: OCI runtime-spec v1.1, bundle.md.

#include "layerfs/snapshot.h"
#include "runtime/spec/container_spec.h"

#include <llvm/Support/Error.h>

#include <string>

namespace strata::runtime {

/// Whether this process may make control groups here; without them a container has no device rules.
bool canMakeCgroups();

/// Unmounted and removed by its destructor.
class OciBundle {
public:
  /// Makes the directory `path`, mode 0700. The caller is in a mount namespace of its own.
  static llvm::Expected<OciBundle> make(const std::string& path, const ContainerSpec& spec, layerfs::Snapshot& snapshot,
                                        bool withCgroup);
  OciBundle(OciBundle&& other) noexcept;
  OciBundle& operator=(OciBundle&&) = delete;
  ~OciBundle();

  const std::string& path() const { return path_; }
  std::string stateRoot() const { return path_ + "/state"; }  ///< for the runtime's `--root`
  std::string log() const { return path_ + "/log.json"; }     ///< for the runtime's `--log`

private:
  explicit OciBundle(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] llvm::Error fill(ContainerSpec spec, layerfs::Snapshot& snapshot, bool withCgroup);
  std::string path_;
};

}  // namespace strata::runtime
