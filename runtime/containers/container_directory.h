#pragma once
/// \file What a container has on disk, below `containers/<id>/` of the store's root.

#include "support/files.h"

#include <llvm/ADT/StringRef.h>

#include <string>

namespace strata::runtime {

/// Names alone: nothing is touched. Mode 0700, since there are setuid programs in it.
class ContainerDirectory {
public:
  ContainerDirectory(const std::string& storeRoot, llvm::StringRef id)
      : path_(joinPath(joinPath(storeRoot, "containers"), id)), id_(id.str()) {}

  const std::string& path() const { return path_; }
  /// Locked (flock) by the supervisor for its whole life, and by whoever changes or removes the container meanwhile.
  std::string lock() const { return joinPath(path_, "lock"); }
  std::string standstill() const { return joinPath(path_, "standstill"); }  ///< see pause.h
  std::string layer() const { return joinPath(path_, "layer"); }            ///< what it writes: a kept LayerDraft
  std::string bundle() const { return joinPath(path_, "bundle"); }          ///< of OCI, while it runs
  std::string process() const { return joinPath(bundle(), "process"); }     ///< its first one: a ProcessName
  std::string ociRoot() const { return joinPath(path_, "oci"); }            ///< the OCI runtime's `--root`
  std::string log() const { return joinPath(path_, id_ + "-json.log"); }
  /// The supervisor's socket, while it runs. The whole path may be too long for one: see connectTo().
  static constexpr llvm::StringLiteral kSocket = "attach.sock";
  std::string socket() const { return joinPath(path_, kSocket); }

private:
  std::string path_, id_;
};

}  // namespace strata::runtime
