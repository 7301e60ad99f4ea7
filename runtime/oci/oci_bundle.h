#pragma once
/// \file An OCI bundle on disk while its container runs: config.json, the files for /etc, and the root, mounted at
/// `rootfs`. Source: OCI runtime-spec v1.1, bundle.md.

#include "layerfs/snapshot.h"
#include "runtime/spec/container_spec.h"

#include <llvm/Support/Error.h>

#include <string>

namespace strata::runtime {

/// Unmounted and removed by its destructor.
class OciBundle {
public:
  /// Makes the directory `path`, mode 0700. The caller is in a mount namespace of its own.
  static llvm::Expected<OciBundle> make(const std::string& path, const ContainerSpec& spec, layerfs::Snapshot& snapshot,
                                        bool withCgroup);
  OciBundle(OciBundle&& other) noexcept;
  OciBundle& operator=(OciBundle&&) = delete;
  ~OciBundle();

  /// What one that was killed left; what is mounted there is unmounted. Absent is success.
  [[nodiscard]] static llvm::Error remove(const std::string& path);

  const std::string& path() const { return path_; }
  /// Unmounts alone: its files go with the directory that it is in.
  void leaveFiles();

private:
  explicit OciBundle(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] llvm::Error fill(ContainerSpec spec, layerfs::Snapshot& snapshot, bool withCgroup);
  std::string path_;
};

}  // namespace strata::runtime
